// Blocks of code in the language `mermaid` become diagrams; what draws them is fetched only where a page has one.

const BLOCKS = "pre.highlight > code.language-mermaid";

/** Draws the diagrams within `root` when they come near; without this the blocks stay as they are. */
export async function bindDiagrams(root) {
  const blocks = root.querySelectorAll(BLOCKS);
  if (blocks.length) (await import("./drawing.js")).drawWhenNear(blocks);
}
