// Lines and areas of a file of land (movilab/land_sources.py), on the square into which Mercator maps the world (0 to 1).

const HALF = Math.PI / 180;
const POLE = 85.06; // where Mercator's square ends

/** Returns a point of the square for a longitude and latitude. */
export function project(longitude, latitude) {
  const sine = Math.sin(Math.max(-POLE, Math.min(POLE, latitude)) * HALF);
  return [longitude / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

function shapeOf(line, scale) {
  const points = new Float64Array(line.length);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  let [longitude, latitude] = [0, 0];
  for (let i = 0; i < line.length; i += 2) {
    longitude += line[i];
    latitude += line[i + 1];
    const [x, y] = project(longitude / scale, latitude / scale);
    [points[i], points[i + 1]] = [x, y];
    [box[0], box[1], box[2], box[3]] = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
  }
  return { points, box };
}

/** Returns the shapes of a layer: points as x, y, x, y …, and the rectangle around them. */
export function shapesOf({ scale, lines }) {
  return lines.map((line) => shapeOf(line, scale));
}

/** Fetches a file of land: JSON in gzip, which no server has to know of. */
export async function fetchLand(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return new Response(response.body.pipeThrough(new DecompressionStream("gzip"))).json();
}

/** A square of a map in pixels: which part of the world it shows. */
export class Square {
  constructor({ x, y, z }, size, margin) {
    this.scale = size * 2 ** z;
    [this.left, this.top] = [x * size, y * size];
    [this.low, this.high] = [-margin, size + margin];
  }

  shows([west, north, east, south]) {
    return (
      west * this.scale - this.left <= this.high && east * this.scale - this.left >= this.low &&
      north * this.scale - this.top <= this.high && south * this.scale - this.top >= this.low
    );
  }

  /** Returns the points of a shape in pixels, without those that would be drawn in the same pixel. */
  pixels({ points }) {
    const found = [];
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [points[i] * this.scale - this.left, points[i + 1] * this.scale - this.top];
      const isNear = i && Math.abs(x - found.at(-2)) + Math.abs(y - found.at(-1)) < 0.7;
      if (!isNear || i === points.length - 2) found.push(x, y);
    }
    return found;
  }

  /** Adds an area to the path of a canvas, without what is far outside of the square. */
  addArea(context, shape) {
    if (!this.shows(shape.box)) return;
    let points = this.pixels(shape);
    for (const axis of [0, 1]) points = cut(cut(points, axis, this.low, 1), axis, this.high, -1);
    for (let i = 0; i < points.length; i += 2) context[i ? "lineTo" : "moveTo"](points[i], points[i + 1]);
    context.closePath();
  }

  /** Adds a line to the path of a canvas, without its parts that are beside the square. */
  addLine(context, shape) {
    if (!this.shows(shape.box)) return;
    const points = this.pixels(shape);
    let isOpen = false;
    for (let i = 2; i < points.length; i += 2) {
      const isBeside = [i, i + 1].some(
        (j) => Math.max(points[j], points[j - 2]) < this.low || Math.min(points[j], points[j - 2]) > this.high,
      );
      if (!isBeside && !isOpen) context.moveTo(points[i - 2], points[i - 1]);
      if (!isBeside) context.lineTo(points[i], points[i + 1]);
      isOpen = !isBeside;
    }
  }
}

/** Returns what an area has on one side of a line along an axis (by Sutherland and Hodgman). */
function cut(points, axis, edge, side) {
  const kept = [];
  for (let i = 0; i < points.length; i += 2) {
    const before = (i || points.length) - 2;
    const [from, to] = [side * (points[before + axis] - edge), side * (points[i + axis] - edge)];
    if (from < 0 !== to < 0) {
      const part = from / (from - to);
      kept.push(...[0, 1].map((n) => points[before + n] + part * (points[i + n] - points[before + n])));
    }
    if (to >= 0) kept.push(points[i], points[i + 1]);
  }
  return kept;
}
