// Land, waters, borders and names below the markers of a map. No other site is asked: both files are made at installation.

import { Square, fetchLand, shapesOf } from "./map_shapes.js";
import { Names } from "./map_names.js";
import { followTheme } from "./map_theme.js";

const SIZE = 256;
const MARGIN = 8;
const DETAILS_FROM = 7;
const SQUARES_FROM = 11;
const RIVERS_UNTIL = 11; // nearer, they would run beside their beds
const DEGREE = 1 / 360;
const SEAM = 0.08 * DEGREE; // as far as two drawings of one border are from each other, on both sides
const COLOURS = ["sea", "land", "coast", "border", "region", "water", "name"];
const DENSEST = 2;

/** Returns the colours of maps as they are now, in the theme that the page has. */
function readColours(container) {
  const probe = container.appendChild(document.createElement("i"));
  const colours = {};
  for (const name of COLOURS) {
    probe.style.color = `var(--map-${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}

const files = new Map();

/** Fetches a file once for all maps of a page; again, if that did not succeed. */
function fetchOnce(address) {
  if (!files.has(address)) {
    const file = fetchLand(address).then((content) => ({
      shapes: Object.fromEntries(Object.entries(content).filter(([, part]) => part.lines).map(([name, part]) => [name, shapesOf(part)])),
      countries: content.countries ?? [],
      towns: content.towns,
      squares: content.squares ?? [],
    }));
    file.catch(() => files.delete(address));
    files.set(address, file);
  }
  return files.get(address);
}

/** What a map draws: the shapes and names that have arrived. */
class Drawing {
  constructor(container) {
    this.container = container;
    this.family = getComputedStyle(container).fontFamily;
    this.shapes = {};
    [this.countries, this.towns] = [[], []];
    this.takeColours();
  }

  takeColours() {
    this.colours = readColours(this.container);
  }

  add({ shapes, countries, towns }) {
    for (const [layer, added] of Object.entries(shapes)) this.shapes[layer] = [...(this.shapes[layer] ?? []), ...added];
    this.countries = [...this.countries, ...countries];
    this.towns = [...this.towns, ...towns].sort((one, other) => other[3] - one[3]);
    this.names = new Names(this.countries, this.towns, document.documentElement.lang || "fr", this.family);
  }

  /** Draws one square of the map. */
  draw(canvas, coords) {
    const density = Math.min(window.devicePixelRatio || 1, DENSEST);
    canvas.width = canvas.height = SIZE * density;
    const context = canvas.getContext("2d");
    context.scale(density, density);
    context.lineJoin = "round";
    context.fillStyle = this.colours.sea;
    context.fillRect(0, 0, SIZE, SIZE);
    const square = new Square(coords, SIZE, MARGIN);
    const seam = SEAM * square.scale;
    this.fill(context, square, "world", "land", "coast");
    this.stroke(context, new Square(coords, SIZE, seam), "seams", "land", seam);
    this.fill(context, square, "france", "land", "coast");
    if (coords.z < RIVERS_UNTIL) this.stroke(context, square, "rivers", "water", coords.z < 6 ? 0.6 : 1.2);
    this.fill(context, square, "lakes", "sea", "water");
    if (coords.z >= SQUARES_FROM) this.stroke(context, square, "communes", "region", 0.5);
    this.stroke(context, square, "departments", "region", coords.z < SQUARES_FROM ? 0.9 : 1.6);
    this.stroke(context, square, "regions", "region", coords.z < 6 ? 0.8 : 1.6);
    this.stroke(context, square, "borders", "border", coords.z < 6 ? 0.9 : 1.5);
    if (this.names) this.write(context, coords);
  }

  fill(context, square, layer, colour, outline) {
    context.beginPath();
    for (const shape of this.shapes[layer] ?? []) square.addArea(context, shape);
    context.fillStyle = this.colours[colour];
    context.fill("evenodd");
    context.strokeStyle = this.colours[outline];
    context.lineWidth = 0.8;
    context.stroke();
  }

  stroke(context, square, layer, colour, width) {
    context.beginPath();
    for (const shape of this.shapes[layer] ?? []) square.addLine(context, shape);
    context.strokeStyle = this.colours[colour];
    context.lineWidth = width;
    context.stroke();
  }

  write(context, coords) {
    context.textBaseline = "middle";
    context.strokeStyle = this.colours.land;
    context.lineWidth = 3;
    context.fillStyle = this.colours.name;
    for (const { text, font, isTown, x, y } of this.names.in(coords)) {
      const [left, top] = [x - coords.x * SIZE, y - coords.y * SIZE];
      context.font = font;
      if (isTown) context.fillRect(left - 1.5, top - 1.5, 3, 3);
      const start = left + (isTown ? 5 : 0);
      context.strokeText(text, start, top);
      context.fillText(text, start, top);
    }
  }
}

/** Fetches what a map shows, when it shows it: details of France, and the squares of a degree of a neighbourhood. */
class Fetching {
  constructor(map, { address, details, squares }, take) {
    Object.assign(this, { map, details, squares, take, fetched: new Set(), known: new Set() });
    this.fetch(address).then(() => {
      map.on("moveend", () => this.follow().catch(console.warn));
      return this.follow();
    }).catch(console.warn);
  }

  async fetch(file) {
    if (this.fetched.has(file)) return;
    this.fetched.add(file);
    const content = await fetchOnce(file);
    for (const name of content.squares) this.known.add(name);
    this.take(content);
  }

  async follow() {
    const zoom = this.map.getZoom();
    if (zoom < DETAILS_FROM) return;
    await this.fetch(this.details);
    if (zoom < SQUARES_FROM) return;
    const bounds = this.map.getBounds();
    for (let x = Math.floor(bounds.getWest()); x <= bounds.getEast(); x += 1) {
      for (let y = Math.floor(bounds.getSouth()); y <= bounds.getNorth(); y += 1) {
        const name = `${x}_${y}`;
        if (this.known.has(name)) this.fetch(`${this.squares}${name}.bin`).catch(console.warn);
      }
    }
  }
}

/** Returns a layer of land for a map; `source` names its files and their authors. It is empty until they are there. */
export function landLayer(L, map, source) {
  const drawing = new Drawing(map.getContainer());
  const Layer = L.GridLayer.extend({
    createTile(coords) {
      const canvas = document.createElement("canvas");
      canvas.className = "map-land";
      drawing.draw(canvas, coords);
      return canvas;
    },
  });
  const layer = new Layer({ attribution: source.attribution, tileSize: SIZE });
  const redraw = () => {
    if (map.hasLayer(layer)) layer.redraw();
  };
  followTheme(map, () => {
    drawing.takeColours();
    redraw();
  });
  new Fetching(map, source, (content) => {
    drawing.add(content);
    redraw();
  });
  return layer;
}
