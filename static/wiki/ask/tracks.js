// GPS tracks (GPX) of a page are drawn on a map below their boxes. Without a script, or if a file cannot be read, the box is all.
import { background, loadLeaflet } from "./leaflet.js";

const POINTS_LIMIT = 100_000;

/** Returns the lines of a GPX: its segments and routes, as lists of latitude and longitude. */
function linesOf(gpx) {
  const named = (parent, name) => [...parent.getElementsByTagNameNS("*", name)];
  const pointsOf = (parent, name) => named(parent, name)
    .slice(0, POINTS_LIMIT)
    .map((point) => [Number(point.getAttribute("lat")), Number(point.getAttribute("lon"))])
    .filter((point) => point.every(Number.isFinite));
  const segments = named(gpx, "trkseg").map((segment) => pointsOf(segment, "trkpt"));
  const routes = named(gpx, "rte").map((route) => pointsOf(route, "rtept"));
  return [...segments, ...routes].filter((line) => line.length > 1);
}

async function draw(box) {
  try {
    const response = await fetch(box.dataset.track);
    const lines = linesOf(new DOMParser().parseFromString(await response.text(), "application/xml"));
    if (!response.ok || !lines.length) return;
    const L = await loadLeaflet();
    const ground = document.createElement("div");
    ground.className = "track-map";
    ground.setAttribute("role", "region");
    ground.setAttribute("aria-label", box.querySelector(".file-name").textContent);
    box.after(ground);
    const map = L.map(ground, { scrollWheelZoom: false, maxZoom: 19 });
    map.attributionControl.setPrefix(false);
    L.control.scale({ imperial: false }).addTo(map);
    const track = L.polyline(lines, { className: "track-line", interactive: false });
    map.fitBounds(track.getBounds(), { maxZoom: 16, padding: [20, 20] });
    background(L, map).addTo(map);
    track.addTo(map);
  } catch (error) {
    console.warn(error);
  }
}

/** Draws a map below each box of a track. */
export function bindTracks(boxes) {
  for (const box of boxes) draw(box);
}
