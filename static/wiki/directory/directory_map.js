// The map of a directory. The wiki makes the markers of what is visible; pages near each other are one marker.

import { background, loadLeaflet } from "../ask/leaflet.js";

const WIDE = matchMedia("(min-width: 60rem)");
const SIZES = [
  [100, 46],
  [10, 40],
  [2, 34],
];

function sizeFor(count) {
  return SIZES.find(([least]) => count >= least)?.[1] ?? 22;
}

export class DirectoryMap {
  /** `narrow` is called with the bounds of the map if only what it shows is wanted. */
  constructor(box, narrow) {
    this.box = box;
    this.frame = box.querySelector("[data-map-box]");
    this.ground = this.frame.querySelector("[data-ground]");
    this.here = this.frame.querySelector("[data-only-here]");
    this.loading = new AbortController();
    this.map = null;
    this.frame.hidden = false;
    const button = this.frame.querySelector("[data-map-switch]");
    button.addEventListener("click", () => {
      const isOpen = this.frame.classList.toggle("is-open");
      button.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) this.draw();
    });
    this.here.addEventListener("click", () => narrow(this.visibleBounds()));
    if (WIDE.matches) this.draw();
    WIDE.addEventListener("change", () => WIDE.matches && this.draw());
  }

  async draw() {
    if (this.map) {
      this.map.invalidateSize();
      return;
    }
    const L = await loadLeaflet();
    if (this.map) return;
    this.L = L;
    this.ground.setAttribute("role", "region");
    this.ground.setAttribute("aria-label", this.box.dataset.saysMap);
    this.ground.classList.add("ask-ground");
    this.map = L.map(this.ground, { scrollWheelZoom: true, worldCopyJump: true, maxZoom: 18, minZoom: 1 });
    this.map.attributionControl.setPrefix(false);
    this.group = L.layerGroup().addTo(this.map);
    this.showResults();
    background(L, this.map).addTo(this.map);
    this.map.on("moveend", () => this.moved());
  }

  /** Shows the markers that came with the page, and moves the map to them. */
  showResults() {
    if (!this.map) return;
    const data = JSON.parse(this.box.querySelector("#directory-map").textContent);
    this.here.hidden = true;
    this.group.clearLayers();
    if (!data) {
      this.map.setView([46.6, 2.5], 5);
      return;
    }
    const [south, west, north, east] = data.bounds;
    this.isMovedByUs = true;
    this.map.fitBounds([[south, west], [north, east]], { maxZoom: 14, padding: [24, 24], animate: false });
    this.isMovedByUs = false;
    this.showMarkers(data.markers);
    if (this.map.getZoom() !== data.zoom) this.fetchMarkers();
  }

  moved() {
    if (this.isMovedByUs) return;
    this.here.hidden = false;
    this.fetchMarkers();
  }

  visibleBounds() {
    const bounds = this.map.getBounds();
    return [bounds.getSouth(), bounds.getWest(), bounds.getNorth(), bounds.getEast()].map((one) => one.toFixed(4)).join(",");
  }

  async fetchMarkers() {
    this.loading.abort();
    this.loading = new AbortController();
    const address = new URL(this.box.dataset.markers, location.href);
    const asked = new URLSearchParams(location.search);
    asked.delete("p");
    if (asked.has("bbox")) asked.set("within_bbox", asked.get("bbox"));
    asked.set("bbox", this.visibleBounds());
    asked.set("z", String(this.map.getZoom()));
    address.search = asked.toString();
    try {
      const answer = await fetch(address, { signal: this.loading.signal });
      if (answer.ok) this.showMarkers((await answer.json()).markers);
    } catch (problem) {
      if (problem.name !== "AbortError") this.box.dispatchEvent(new CustomEvent("map-offline"));
    }
  }

  showMarkers(markers) {
    this.group.clearLayers();
    for (const [lat, lon, count, pages] of markers) this.group.addLayer(this.marker(lat, lon, count, pages));
  }

  marker(lat, lon, count, pages) {
    const size = sizeFor(count);
    const title = count === 1 && pages.length ? pages[0][0] : `${count} ${this.box.dataset.saysZoom}`;
    const icon = this.L.divIcon(
      count === 1
        ? { className: "ask-marker", iconSize: [22, 22], iconAnchor: [11, 22], popupAnchor: [0, -20] }
        : { className: "directory-marker", html: String(count), iconSize: [size, size] },
    );
    const marker = this.L.marker([lat, lon], { icon, title, alt: title });
    if (pages.length) marker.bindPopup(() => this.popup(count, pages));
    else marker.on("click", () => this.map.setView([lat, lon], this.map.getZoom() + 2));
    return marker;
  }

  popup(count, pages) {
    const list = document.createElement("ul");
    list.className = "directory-popup";
    for (const [title, address] of pages) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = address;
      link.textContent = title;
      if (document.body.classList.contains("embedded")) link.target = "_blank";
      item.append(link);
      list.append(item);
    }
    if (count > pages.length) {
      const more = document.createElement("li");
      more.textContent = `… ${this.box.dataset.saysMore}`;
      list.append(more);
    }
    return list;
  }
}
