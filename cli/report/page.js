// What all parts of the page share: the data, the chosen point, and how to show numbers.
//
// Texts of users go into the page as text (textContent) and never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const columns = data.table.columns;
const column_of = new Map(columns.map((column) => [column.key, column]));

const state = {
  filter: "",
  only_usable: false,
  sort: null, // {column, is_descending}; null: as ranked
  shown: new Set(columns.filter((column) => column.shown).map((column) => column.key)),
  chosen: null, // row
};

// The colours of what a step does, in the timeline and where charts show its parts.
const category_marks = {
  compute: "mark0",
  recompute: "mark5",
  optimizer: "mark6",
  collective: "mark1",
  message: "mark2",
  TP: "mark3",
  CP: "mark9",
  EP: "mark8",
  DP: "mark10",
  PP: "mark4",
  launch: "mark11",
  idle: "mark7",
};

// Parts of the page that draw again when rows are filtered or sorted, or a row is chosen.
const on_rows = [];
const on_choice = [];

// An element with attributes, properties of the same names, and children: elements or texts.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") {
      made.textContent = value;
    } else if (typeof value === "function") {
      made.addEventListener(name, value);
    } else if (value !== false && value !== null) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children);
  return made;
}

// "1234", "12 345.6": thin spaces between thousands, from five digits on.
function grouped(text) {
  const [whole, fraction] = text.split(".");
  const digits = whole.replace("-", "");
  const apart = digits.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return fraction === undefined ? apart : `${apart}.${fraction}`;
}

// A value as a cell shows it, in the unit of its column.
function value_text(column, value) {
  if (value === null) {
    return "";
  }
  if (typeof value === "boolean") {
    return value ? "yes" : "no";
  }
  return column.number ? grouped((value * column.factor).toFixed(column.digits)) : String(value);
}

function with_unit(column, value) {
  const text = value_text(column, value);
  return column.unit && text ? `${text}\u00a0${column.unit}` : text;
}

function title_of(column) {
  return column.unit ? `${column.title}, ${column.unit}` : column.title;
}

// The value of a row in the unit that is shown; null where there is none.
function shown_value(column, row) {
  const value = column.values[row];
  return typeof value === "number" ? Number((value * column.factor).toPrecision(12)) : value;
}

function point_of(row) {
  return column_of.get("point").values[row];
}

function row_of_point(point) {
  const row = column_of.get("point").values.indexOf(point);
  return row < 0 ? null : row;
}

function is_usable(row) {
  const fits = column_of.get("fits");
  return column_of.get("status").values[row] === "ok" && (!fits || fits.values[row] !== false);
}

// Does a row beat another one? What does not fit into memory beats nothing that does.
function is_better(column, left, right) {
  if (is_usable(left) !== is_usable(right)) {
    return is_usable(left);
  }
  const higher = column.better === "higher";
  return higher
    ? column.values[left] > column.values[right]
    : column.values[left] < column.values[right];
}

const distinct_of = new Map();

// The values of a column as texts, each once, in their order.
function distinct(column) {
  if (!distinct_of.has(column)) {
    distinct_of.set(column, find_distinct(column));
  }
  return distinct_of.get(column);
}

function find_distinct(column) {
  const rows = Array.from({ length: data.table.rows }, (_, row) => row);
  rows.sort((left, right) => compare_rows(column, left, right));
  return [
    ...new Set(
      rows
        .filter((row) => column.values[row] !== null)
        .map((row) => value_text(column, column.values[row])),
    ),
  ];
}

// "tensor 8, link 400 Gbps": the values of a row on the axes.
function label_of(row) {
  const axes = columns.filter((column) => column.role === "axis");
  return axes
    .map((column) => `${column.title} ${with_unit(column, column.values[row])}`)
    .join(", ");
}

// The figures that tell points apart: those with a better direction that are shown.
function figures_of(row) {
  return columns
    .filter((column) => column.role === "result" && column.better && state.shown.has(column.key))
    .filter((column) => column.number && column.values[row] !== null)
    .map((column) => `${column.title} ${with_unit(column, column.values[row])}`);
}

// As Math.min and Math.max do, which cannot take as many values as a sweep may have.
function least_of(values) {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function most_of(values) {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

// ": tensor 8", or nothing where there is no text.
function suffix(text) {
  return text ? `: ${text}` : "";
}

function describe(row) {
  return [`point ${point_of(row)}${suffix(label_of(row))}`, ...figures_of(row)].join("; ");
}

// For those who hear the page.
function speak(text) {
  document.getElementById("spoken").textContent = text;
}

function choose(row) {
  state.chosen = row;
  speak(`Chosen: ${describe(row)}`);
  on_choice.forEach((draw) => draw(row));
}

function rows_changed() {
  rows_seen = null;
  on_rows.forEach((draw) => draw());
}

// The colour that the style sheet has for a name, in the mode that is on.
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// The parts of "#c35300", from 0 to 255.
function parts_of(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// A colour that lets some of the paper through.
function blended(hex, paper, alpha) {
  const under = parts_of(paper);
  const parts = parts_of(hex).map((part, i) => Math.round(alpha * part + (1 - alpha) * under[i]));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

// How light a colour is, as the Web Content Accessibility Guidelines reckon it: from 0 to 1.
function luminance(hex) {
  const [red, green, blue] = parts_of(hex)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// Black or white, whichever stands out more: the contrast is 4.58 at least.
function text_on(hex) {
  return luminance(hex) > 0.179 ? "#000000" : "#ffffff";
}

function marks() {
  return Array.from({ length: 10 }, (_, i) => colour(`mark${i}`));
}
