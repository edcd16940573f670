// Names of countries and towns on a map: which are shown at a zoom, the larger before the smaller, none over another.

import { project } from "./map_shapes.js";

const CELL = 256;
const MARGIN = { x: 18, y: 12 };
const TOWN_FONT = 12;
const COUNTRY_FONT = 13;
const FRANCE = "250"; // in ISO 3166-1
const SMALLEST_AT_ZOOM_3 = 1_200_000;
const ALL_TOWNS = 11; // from this zoom on every town that the file has

const smallestTown = (zoom) => (zoom < ALL_TOWNS ? SMALLEST_AT_ZOOM_3 / 2.2 ** (zoom - 3) : 0);

/** Returns the name of a country, by its number, in the language of the page; empty where the browser knows none. */
function countryName(number, names) {
  try {
    const { region } = new Intl.Locale(`und-${number}`);
    const name = names.of(region);
    return name === region ? "" : name;
  } catch {
    return "";
  }
}

/** Names with their places in pixels, by squares of 256 pixels; built once for each zoom. */
export class Names {
  constructor(countries, towns, language, family) {
    const names = new Intl.DisplayNames(language, { type: "region" });
    this.countries = countries
      .map(([number, longitude, latitude, area]) => ({
        text: countryName(number, names), at: project(longitude, latitude), extent: Math.sqrt(area), last: number === FRANCE ? 5 : 8,
      }))
      .filter(({ text }) => text);
    this.towns = towns.map(([text, longitude, latitude, population]) => ({ text, at: project(longitude, latitude), population }));
    this.fonts = { country: `600 ${COUNTRY_FONT}px ${family}`, town: `${TOWN_FONT}px ${family}` };
    this.context = document.createElement("canvas").getContext("2d");
    this.zooms = new Map();
  }

  /** Returns the names that a square shows, in whole or in part. */
  in({ x, y, z }) {
    if (!this.zooms.has(z)) this.zooms.set(z, this.place(z));
    return this.zooms.get(z).get(`${x} ${y}`) ?? [];
  }

  place(zoom) {
    const cells = new Map();
    for (const entry of this.candidates(zoom)) this.add(cells, entry);
    return cells;
  }

  *candidates(zoom) {
    const scale = CELL * 2 ** zoom;
    this.context.font = this.fonts.country;
    for (const { text, at, extent, last } of this.countries) {
      const width = this.context.measureText(text).width;
      if (zoom > last || (extent * scale) / 360 < width * 0.8) continue;
      const [x, y] = [at[0] * scale, at[1] * scale];
      yield { text, font: this.fonts.country, isTown: false, x: x - width / 2, y, box: [x - width / 2, y - 9, x + width / 2, y + 9] };
    }
    this.context.font = this.fonts.town;
    const smallest = smallestTown(zoom);
    for (const { text, at, population } of this.towns) {
      if (population < smallest) continue;
      const [x, y] = [at[0] * scale, at[1] * scale];
      const width = this.context.measureText(text).width;
      yield { text, font: this.fonts.town, isTown: true, x, y, box: [x - 3, y - 8, x + width + 8, y + 8] };
    }
  }

  add(cells, entry) {
    const [west, north, east, south] = entry.box;
    const keys = [];
    for (let x = Math.floor((west - MARGIN.x) / CELL); x <= Math.floor((east + MARGIN.x) / CELL); x += 1) {
      for (let y = Math.floor((north - MARGIN.y) / CELL); y <= Math.floor((south + MARGIN.y) / CELL); y += 1) keys.push(`${x} ${y}`);
    }
    const meets = ({ box }) =>
      box[0] < east + MARGIN.x && box[2] > west - MARGIN.x && box[1] < south + MARGIN.y && box[3] > north - MARGIN.y;
    if (keys.some((key) => cells.get(key)?.some(meets))) return;
    for (const key of keys) cells.set(key, [...(cells.get(key) ?? []), entry]);
  }
}
