// The fields of forms that are more than a line of text: communes, coordinates, opening hours. Each is an ordinary <input>,
// which this adds to; the form has the texts and addresses that the scripts need.
import { textsOf } from "../visual_editor/elements.js";
import { bind as bindCommune } from "./commune.js";
import { bind as bindCoordinates } from "./coordinates.js";
import { bind as bindOpeningHours } from "./opening_hours.js";

const BINDINGS = { commune: bindCommune, coordinates: bindCoordinates, "opening-hours": bindOpeningHours };

/** Binds the fields of a form, each once. */
export function bindInputs(form) {
  const texts = textsOf(form);
  for (const input of form.querySelectorAll("input[data-input]:not([data-bound])")) {
    const bind = BINDINGS[input.dataset.input];
    if (!bind) continue;
    input.dataset.bound = "yes";
    bind(input, texts);
  }
}

for (const form of document.querySelectorAll("form[data-form]")) bindInputs(form);
