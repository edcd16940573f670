// What results of questions gain from JavaScript: tables that sort, lists of places that become maps.
import { bindTables } from "./table.js";

/** Binds every result of the page; what maps need is fetched only where there is one. */
export async function bindResults() {
  bindTables();
  const maps = document.querySelectorAll("[data-map]");
  if (maps.length) (await import("./map.js")).bindMaps(maps);
  const tracks = document.querySelectorAll("[data-track]");
  if (tracks.length) (await import("./tracks.js")).bindTracks(tracks);
}
