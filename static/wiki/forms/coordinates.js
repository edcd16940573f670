// Coordinates as «45.4397, 4.3872», with a map below the field: its marker is dragged, moved by the arrow keys, or set by a
// click. A commune that is chosen in the same form moves it, unless somebody placed it.
import { element } from "../visual_editor/elements.js";
import { background, hasStreets, loadLeaflet } from "../ask/leaflet.js";
import { fill, labelOf } from "./fields.js";

const DIGITS = 5; // about a metre
const FRANCE = { center: [46.6, 2.4], zoom: 5 };
const [CLOSE, TOWN] = hasStreets() ? [15, 13] : [13, 12]; // nearer, land has nothing by which one knows where one is
const STEP = 10;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const DECIMAL = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*°?\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*°?\s*$/;

/** Returns latitude and longitude of a text in decimal degrees; null for anything else, which stays as it is. */
export function readCoordinates(text) {
  const match = DECIMAL.exec(text);
  if (!match) return null;
  const [latitude, longitude] = match.slice(1).map(Number);
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : null;
}

/** Returns the text of a place; a longitude beyond the date line is one of the world again. */
export function writeCoordinates(latitude, longitude) {
  const around = ((((longitude + 180) % 360) + 360) % 360) - 180;
  return [Math.max(-90, Math.min(90, latitude)), around].map((degrees) => String(Number(degrees.toFixed(DIGITS)))).join(", ");
}

class CoordinatesField {
  constructor(input, texts) {
    this.input = input;
    this.texts = texts;
    this.byCommune = "";
    this.ground = element("div", { className: "form-map" });
    this.ground.setAttribute("role", "application");
    this.ground.setAttribute("aria-label", `${labelOf(input)}: ${texts.map}`);
    this.status = element("p", { className: "form-status" });
    this.status.setAttribute("role", "status");
    this.tools = element("p", { className: "form-tools" });
    input.after(this.ground, this.tools, this.status);
    if (navigator.geolocation && window.isSecureContext) this.offerPosition();
    input.addEventListener("input", () => this.follow());
    input.form.addEventListener("commune-chosen", (event) => this.followCommune(event.detail));
    this.drawWhenSeen();
  }

  offerPosition() {
    const button = element("button", { type: "button" }, this.texts.usePosition);
    button.addEventListener("click", () => this.usePosition(button));
    this.tools.append(button);
  }

  usePosition(button) {
    button.disabled = true;
    this.status.textContent = "";
    const done = (text) => {
      button.disabled = false;
      this.status.textContent = text;
    };
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.place(coords.latitude, coords.longitude, CLOSE);
        done("");
      },
      () => done(this.texts.noPosition),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  }

  /** Draws the map when the field comes into sight, also in what is unfolded later. */
  drawWhenSeen() {
    const seen = new IntersectionObserver(
      async (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        seen.disconnect();
        try {
          this.draw(await loadLeaflet());
        } catch (error) {
          this.ground.hidden = true; // the text is enough
          console.warn(error);
        }
      },
      { rootMargin: "200px" },
    );
    seen.observe(this.ground);
  }

  draw(L) {
    const map = L.map(this.ground, { scrollWheelZoom: false, maxZoom: 19, worldCopyJump: true, zoomControl: false });
    map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: this.texts.zoomIn, zoomOutTitle: this.texts.zoomOut }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    const icon = L.divIcon({ className: "form-marker", iconSize: [30, 30], iconAnchor: [15, 36] });
    this.marker = L.marker(FRANCE.center, { icon, draggable: true, autoPan: true, title: this.texts.marker, alt: this.texts.marker });
    this.map = map;
    const at = readCoordinates(this.input.value);
    if (at) map.setView(at, this.byCommune ? TOWN : CLOSE);
    else map.setView(FRANCE.center, FRANCE.zoom);
    background(L, map).addTo(map);
    this.follow();
    map.on("click", ({ latlng }) => this.place(latlng.lat, latlng.lng));
    this.marker.on("drag dragend", () => this.write(this.marker.getLatLng()));
    this.ground.addEventListener("keydown", (event) => this.press(event));
    new ResizeObserver(() => map.invalidateSize()).observe(this.ground);
  }

  /** The arrow keys move the marker where it has the focus (with Shift by a tenth), Enter sets it in the middle of the map. */
  press(event) {
    const isMarker = event.target === this.marker.getElement();
    const arrow = ARROWS[event.key];
    if (isMarker && arrow) {
      const step = event.shiftKey ? STEP / 10 : STEP;
      const point = this.map.project(this.marker.getLatLng()).add([arrow[0] * step, arrow[1] * step]);
      const moved = this.map.unproject(point);
      this.place(moved.lat, moved.lng);
    } else if (event.key === "Enter" && event.target === this.ground) {
      const { lat, lng } = this.map.getCenter();
      this.place(lat, lng);
    } else return;
    event.preventDefault();
  }

  write({ lat, lng }) {
    this.byCommune = "";
    fill(this.input, writeCoordinates(lat, lng));
  }

  place(latitude, longitude, zoom = 0) {
    this.write({ lat: latitude, lng: longitude });
    if (zoom) this.map?.setView([latitude, longitude], Math.max(zoom, this.map.getZoom()));
    else this.map?.panInside([latitude, longitude], { padding: [30, 40] });
  }

  /** Lets the marker be where the text says; no marker where it says nothing that can be read here. */
  follow() {
    if (!this.map) return;
    const at = readCoordinates(this.input.value);
    if (!at) return void this.marker.remove();
    const now = this.marker.getLatLng();
    if (writeCoordinates(now.lat, now.lng) !== writeCoordinates(...at)) this.marker.setLatLng(at);
    this.marker.addTo(this.map);
    if (!this.map.getBounds().contains(at)) this.map.setView(at, Math.max(this.map.getZoom(), TOWN));
  }

  /** Moves to a commune unless the text is somebody's own; `null` takes back what a commune had set. */
  followCommune(commune) {
    const text = this.input.value.trim();
    if (text && text !== this.byCommune) return;
    const hasCentre = typeof commune?.latitude === "number";
    const centre = hasCentre ? writeCoordinates(commune.latitude, commune.longitude) : "";
    this.byCommune = centre;
    fill(this.input, centre);
    if (centre) this.map?.setView([commune.latitude, commune.longitude], TOWN);
  }
}

export function bind(input, texts) {
  new CoordinatesField(input, texts);
}
