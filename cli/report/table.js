// The table of results: filter, order, columns, and the details of a row.

const rows_at_once = 200;
let rows_drawn = rows_at_once;

// Words of a filter have no spaces, titles may.
function is_name_of(name, column) {
  const plain = (text) => text.toLowerCase().replace(/\s+/g, "");
  return [column.title, column.key, column.key.split(".").pop()].some(
    (each) => plain(each) === plain(name),
  );
}

// One word of the filter, a text that some cell has, or a comparison with one column: {holds,
// note}, of which the note is for who wrote it, if there is anything to say.
function read_term(word) {
  const parts = word.match(/^([^=!<>]+)(!=|<=|>=|=|<|>)(.+)$/);
  const column = parts && columns.find((each) => is_name_of(parts[1], each));
  if (column) {
    return { holds: (row) => compares(column, row, parts[2], parts[3]) };
  }
  if (parts) {
    return read_constant(parts);
  }
  const text = word.toLowerCase();
  const has_text = (each, row) => value_text(each, each.values[row]).toLowerCase().includes(text);
  return { holds: (row) => columns.some((each) => has_text(each, row)) };
}

// A comparison with what has no column, as it is the same in all points, or with nothing.
function read_constant([, name, operator, text]) {
  const constant = data.table.constants.find((each) => is_name_of(name, each));
  if (!constant) {
    return { holds: () => false, note: `no column '${name}'` };
  }
  const value = with_unit(constant, constant.values[0]);
  const note = `${constant.title} is ${value} wherever it is known`;
  return { holds: () => compares(constant, 0, operator, text), note };
}

function compares(column, row, operator, text) {
  const left = shown_value(column, row);
  if (left === null) {
    return operator === "!=";
  }
  const number = Number(text);
  const is_number = typeof left === "number" && !Number.isNaN(number);
  const [a, b] = is_number
    ? [left, number]
    : [value_text(column, column.values[row]).toLowerCase(), text.toLowerCase()];
  // Numbers are the same if they are as they are shown.
  const is_same = is_number ? Math.abs(a - b) <= 0.5 * 10 ** -column.digits : a === b;
  switch (operator) {
    case "=":
      return is_same;
    case "!=":
      return !is_same;
    case "<":
      return a < b && !is_same;
    case ">":
      return a > b && !is_same;
    case "<=":
      return a < b || is_same;
    default:
      return a > b || is_same;
  }
}

// Numbers by size, texts by their letters, nothing last.
function compare_rows(column, left, right) {
  const a = column.values[left];
  const b = column.values[right];
  if (a === null || b === null) {
    return a === b ? 0 : a === null ? Infinity : -Infinity;
  }
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : String(a).localeCompare(String(b));
}

let rows_seen = null; // until the filter or the order changes

// Rows that the filter leaves, in the order asked for.
function visible_rows() {
  rows_seen ??= find_rows();
  return rows_seen;
}

function filter_terms() {
  return state.filter.split(/\s+/).filter(Boolean).map(read_term);
}

function find_rows() {
  const terms = filter_terms();
  const rows = Array.from({ length: data.table.rows }, (_, row) => row).filter(
    (row) => (!state.only_usable || is_usable(row)) && terms.every(({ holds }) => holds(row)),
  );
  if (state.sort) {
    const { column, is_descending } = state.sort;
    rows.sort((left, right) => {
      const order = compare_rows(column, left, right);
      return is_descending && Number.isFinite(order) ? -order : order;
    });
  }
  return rows;
}

function sort_by(column) {
  const is_same = state.sort?.column === column;
  state.sort = {
    column,
    is_descending: is_same ? !state.sort.is_descending : column.better === "higher",
  };
  rows_changed();
  const order = state.sort.is_descending ? "descending" : "ascending";
  speak(`Sorted by ${column.title}, ${order}`);
  document.querySelector(`th[data-key="${CSS.escape(column.key)}"] button`)?.focus();
}

function head_button(column) {
  const button = element("button", {
    type: "button",
    text: column.title,
    click: () => sort_by(column),
  });
  if (column.unit) {
    button.append(" ", element("span", { class: "unit", text: column.unit }));
  }
  return button;
}

function head_cell(column) {
  const is_sorted = state.sort?.column === column;
  const order = is_sorted ? (state.sort.is_descending ? "descending" : "ascending") : "none";
  const cell = element(
    "th",
    {
      scope: "col",
      class: column.number ? "number" : "text",
      "aria-sort": order,
      "data-key": column.key,
    },
    head_button(column),
  );
  cell.title = column.key.replace(/^axes\./, "");
  return cell;
}

function body_cell(column, row) {
  const text = value_text(column, column.values[row]);
  if (column.key === "point") {
    const button = element("button", { type: "button", class: "row", text });
    button.setAttribute("aria-label", `point ${text}, show details`);
    return element("td", { class: "number" }, button);
  }
  return element("td", {
    class: column.number ? "number" : "text",
    title: text.length > 40 && text,
    text,
  });
}

function body_row(shown, row) {
  const is_chosen = row === state.chosen;
  const names = [is_chosen && "chosen", !is_usable(row) && "unusable"].filter(Boolean).join(" ");
  const made = element("tr", { class: names || null, "data-row": row });
  made.append(...shown.map((column) => body_cell(column, row)));
  made.querySelector("button.row")?.setAttribute("aria-pressed", String(is_chosen));
  return made;
}

function draw_table() {
  const rows = visible_rows();
  const shown = columns.filter((column) => state.shown.has(column.key));
  const table = document.getElementById("table");
  const order = state.sort ? "" : `, the ${data.best_word} first`;
  const caption = element("caption", {
    text: `One row a point${order}. A column's head sorts by it.`,
  });
  const head = element("thead", {}, element("tr", {}, ...shown.map(head_cell)));
  const body = element("tbody");
  body.append(...rows.slice(0, rows_drawn).map((row) => body_row(shown, row)));
  table.replaceChildren(caption, head, body);
  const are_all = data.table.rows === data.points;
  const in_page = are_all ? "" : ` (of ${data.points}, the ${data.best_word} first)`;
  const notes = filter_terms().flatMap(({ note }) => note ?? []);
  document.getElementById("count").textContent = [
    `${rows.length} of ${data.table.rows} points${in_page}`,
    ...notes,
  ].join("; ");
  const more = document.getElementById("more-rows");
  more.hidden = rows.length <= rows_drawn;
  more.textContent = `${rows.length - rows_drawn} more rows`;
}

// From the row that has the focus to the one above or below.
function step_rows(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const row = event.target.closest?.("tbody tr");
  if (step && row) {
    row[step]?.querySelector("button.row")?.focus();
    event.preventDefault();
  }
}

function mark_chosen(row) {
  for (const each of document.querySelectorAll("#table tbody tr")) {
    const is_chosen = Number(each.dataset.row) === row;
    each.classList.toggle("chosen", is_chosen);
    const button = each.querySelector("button.row");
    button?.setAttribute("aria-pressed", String(is_chosen));
    if (is_chosen) {
      const box = document.getElementById("table-box");
      const above = each.offsetTop - box.scrollTop - 60;
      const below = each.offsetTop + each.offsetHeight - box.scrollTop - box.clientHeight;
      box.scrollTop += above < 0 ? above : Math.max(below, 0);
    }
  }
}

function pair(name, value, is_wide = false) {
  return element(
    "div",
    { class: is_wide ? "wide" : null },
    element("dt", { text: name }),
    element("dd", { text: value }),
  );
}

function draw_details(row) {
  const pairs = columns
    .filter((column) => column.values[row] !== null)
    .map((column) => {
      const text = with_unit(column, column.values[row]);
      return pair(column.title, text, text.length > 22);
    });
  const point = point_of(row);
  document.getElementById("details-title").textContent = `Point ${point}${suffix(label_of(row))}`;
  const parts = [element("dl", { class: "pairs" }, ...pairs)];
  if (point === data.point) {
    const what = data.timeline
      ? "Its network and its timeline are below."
      : "Its network is below.";
    parts.push(element("p", { text: what }));
  } else if (column_of.get("status").values[row] === "ok") {
    const words = ["espalier report", data.directory, "--point", point, ...data.options];
    parts.push(
      element("p", { text: "The page with its network and its timeline:" }),
      element("pre", { text: words.join(" ") }),
    );
  }
  document.getElementById("details-body").replaceChildren(...parts);
}

function draw_column_choice() {
  const box = document.getElementById("column-choice");
  const choices = columns
    .filter((column) => column.key !== "point")
    .map((column) => {
      const tick = element("input", { type: "checkbox" });
      tick.checked = state.shown.has(column.key);
      tick.addEventListener("change", () => {
        state.shown[tick.checked ? "add" : "delete"](column.key);
        draw_table();
      });
      return element("label", { class: "tick" }, tick, ` ${column.title}`);
    });
  box.replaceChildren(...choices);
}

function start_table() {
  const filter = document.getElementById("filter");
  filter.addEventListener("input", () => {
    state.filter = filter.value;
    rows_changed();
  });
  const usable = document.getElementById("usable");
  usable.addEventListener("change", () => {
    state.only_usable = usable.checked;
    rows_changed();
  });
  document.getElementById("more-rows").addEventListener("click", () => {
    rows_drawn += 5 * rows_at_once;
    draw_table();
  });
  const table = document.getElementById("table");
  table.addEventListener("keydown", step_rows);
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tbody tr");
    if (row) {
      choose(Number(row.dataset.row));
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  on_rows.push(draw_table);
  on_choice.push(mark_chosen, draw_details);
  draw_column_choice();
  draw_table();
}
