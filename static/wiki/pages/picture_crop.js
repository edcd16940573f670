// The part of a picture that stays is marked by dragging over the picture; the numbers of the form follow, and lead.
const frame = document.querySelector("[data-crop]");
const fields = Object.fromEntries(["left", "top", "width", "height"].map((name) => [name, document.querySelector(`form [name=${name}]`)]));
const size = { x: Number(frame.dataset.width), y: Number(frame.dataset.height) };
const mark = document.createElement("div");
mark.className = "crop-mark";
frame.append(mark);
document.querySelector("[data-crop-hint]").hidden = false;
let start = null;

/** Returns a point of the picture, in its pixels, for that of a pointer. */
function pointOf(event) {
  const { left, top, width, height } = frame.getBoundingClientRect();
  const within = (value, most) => Math.round(Math.min(Math.max(value, 0), 1) * most);
  return { x: within((event.clientX - left) / width, size.x), y: within((event.clientY - top) / height, size.y) };
}

/** Shows the part that the numbers say. */
function show() {
  const share = (name, most) => `${(100 * Number(fields[name].value)) / most}%`;
  Object.assign(mark.style, {
    left: share("left", size.x), top: share("top", size.y), width: share("width", size.x), height: share("height", size.y),
  });
}

frame.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  start = pointOf(event);
  frame.setPointerCapture(event.pointerId);
});
frame.addEventListener("pointermove", (event) => {
  if (!start) return;
  const end = pointOf(event);
  fields.left.value = Math.min(start.x, end.x);
  fields.top.value = Math.min(start.y, end.y);
  fields.width.value = Math.max(1, Math.abs(end.x - start.x));
  fields.height.value = Math.max(1, Math.abs(end.y - start.y));
  show();
});
for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => { start = null; });
for (const field of Object.values(fields)) field.addEventListener("input", show);
show();
