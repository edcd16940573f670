// Places in the source for pictures that are on their way; they move with the text around them.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";
import { element } from "../visual_editor/elements.js";

const addPlace = StateEffect.define({ map: (value, mapping) => ({ ...value, at: mapping.mapPos(value.at) }) });
const removePlace = StateEffect.define();

class PlaceWidget extends WidgetType {
  constructor(place) {
    super();
    this.place = place;
  }

  eq(other) {
    return other.place === this.place;
  }

  toDOM() {
    return element("span", { className: "picture-place", textContent: this.place.name });
  }
}

/** The places of a state, as decorations that show the names of the files. */
export const picturePlaces = StateField.define({
  create: () => Decoration.none,
  update(before, transaction) {
    let places = before.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(addPlace)) {
        const { place, at } = effect.value;
        places = places.update({ add: [Decoration.widget({ widget: new PlaceWidget(place), side: 1 }).range(at)] });
      } else if (effect.is(removePlace)) {
        places = places.update({ filter: (from, to, { spec }) => spec.widget.place !== effect.value });
      }
    }
    return places;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Keeps a place for the picture of a file behind the line at `at`. Returns the place. */
export function keepPlace(view, name, at) {
  const place = { name };
  view.dispatch({ effects: addPlace.of({ place, at: view.state.doc.lineAt(at).to }) });
  return place;
}

/** Returns the position of a place, or null if it is gone, or one of another editor. */
export function positionOf(state, place) {
  for (let cursor = state.field(picturePlaces).iter(); cursor.value; cursor.next()) {
    if (cursor.value.spec.widget.place === place) return cursor.from;
  }
  return null;
}

/** Takes a place away. */
export function releasePlace(view, place) {
  view.dispatch({ effects: removePlace.of(place) });
}
