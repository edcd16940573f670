// Streets upon the land of a map, from the PMTiles file of the administrator, which this wiki serves in pieces.

import { current } from "../theme.js";
import { followTheme } from "./map_theme.js";

const BUNDLE = new URL("../../build/street_map/street_map.js", import.meta.url);

/** Returns the layer of streets, in the theme of the page; rejects if the file cannot be read. `escaped` makes text HTML. */
export async function streetLayer(L, map, address, escaped) {
  const { openArchive } = await import(BUNDLE.href);
  const archive = await openArchive(address);
  const attribution = escaped(archive.attribution);
  const group = L.layerGroup();
  const draw = () => {
    group.clearLayers();
    group.addLayer(archive.layer(current(), document.documentElement.lang, attribution));
  };
  followTheme(map, draw);
  draw();
  return group;
}
