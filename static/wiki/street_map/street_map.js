// Reads a PMTiles archive by HTTP ranges, and draws its vector tiles: one bundle, fetched only where there is an archive.

import { PMTiles } from "pmtiles";
import { leafletLayer } from "protomaps-leaflet";

const VECTOR_TILES = 1;

/** Returns the text of HTML, whose elements are not even parsed. */
function textOf(html) {
  const field = document.createElement("textarea");
  field.innerHTML = html.replace(/<[^>]*>/g, ""); // decodes character references
  return field.value.trim();
}

/** Opens the archive at an address; rejects if it cannot be read, or has pictures instead of shapes. */
export async function openArchive(address) {
  const archive = new PMTiles(address);
  const header = await archive.getHeader();
  if (header.tileType !== VECTOR_TILES) throw new Error(`${address} has no vector tiles.`);
  const { attribution } = await archive.getMetadata();
  return {
    attribution: textOf(String(attribution ?? "")) || "© OpenStreetMap",
    layer(flavor, lang, thanks) {
      const bounds = [[header.minLat, header.minLon], [header.maxLat, header.maxLon]];
      const layer = leafletLayer({ url: archive, flavor, lang, bounds, maxDataZoom: header.maxZoom, attribution: thanks });
      layer.backgroundColor = ""; // where the archive has nothing, the land below it is seen
      return layer;
    },
  };
}
