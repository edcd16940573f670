// Lists of places become maps: Leaflet and its clusters are fetched when a page has one. Every place stays in the list.

import { background, loadClusters, loadLeaflet } from "./leaflet.js";

function markers(L, box) {
  const group =
    box.dataset.cluster === "yes"
      ? L.markerClusterGroup({
          showCoverageOnHover: false,
          iconCreateFunction: (cluster) =>
            L.divIcon({ className: "ask-cluster", html: String(cluster.getChildCount()), iconSize: [38, 38] }),
        })
      : L.featureGroup();
  for (const place of box.querySelectorAll("[data-lat]")) {
    const title = place.querySelector(".ask-place").textContent.trim();
    const icon = L.divIcon({ className: "ask-marker", iconSize: [22, 22], iconAnchor: [11, 22], popupAnchor: [0, -20] });
    const marker = L.marker([Number(place.dataset.lat), Number(place.dataset.lon)], { icon, title, alt: title });
    marker.bindPopup(() => {
      const popup = document.createElement("div");
      popup.className = "ask-popup";
      popup.append(...[...place.children].map((child) => child.cloneNode(true)));
      return popup;
    });
    group.addLayer(marker);
  }
  return group;
}

function foldList(box, list) {
  const details = document.createElement("details");
  details.className = "ask-figures";
  const summary = document.createElement("summary");
  summary.textContent = box.dataset.list;
  details.append(summary, list);
  box.append(details);
}

function draw(L, box) {
  const list = box.querySelector("ul");
  const ground = document.createElement("div");
  ground.className = "ask-ground";
  ground.setAttribute("role", "region");
  ground.setAttribute("aria-label", box.dataset.map);
  box.prepend(ground);
  const group = markers(L, box);
  foldList(box, list);
  box.classList.add("ask-map-drawn");
  const map = L.map(ground, { scrollWheelZoom: false, worldCopyJump: true, maxZoom: 19 });
  map.attributionControl.setPrefix(false);
  L.control.scale({ imperial: false }).addTo(map);
  const bounds = group.getBounds();
  if (box.dataset.zoom) map.setView(bounds.getCenter(), Number(box.dataset.zoom));
  else map.fitBounds(bounds, { maxZoom: 12, padding: [30, 30] });
  background(L, map).addTo(map);
  group.addTo(map);
}

/** Draws a map over each list of places; without the library the lists stay as they are. */
export async function bindMaps(boxes) {
  const L = await loadLeaflet();
  await loadClusters();
  for (const box of boxes) draw(L, box);
}
