// What charts show, in the words of the library that draws them.
//
// A chart is {option, note, points}: `points` are its marks in the order in which keys walk over
// them, each {series, index, row}.

const several = "\u2026";

function chart_base() {
  const ink = colour("ink");
  return {
    animation: false,
    color: marks(),
    textStyle: { color: ink, fontFamily: "system-ui, 'Liberation Sans', sans-serif", fontSize: 12 },
    grid: { left: 16, right: 28, top: 52, bottom: 16, containLabel: true },
    legend: {
      type: "scroll",
      top: 8,
      itemWidth: 20,
      itemHeight: 10,
      textStyle: { color: ink },
      pageTextStyle: { color: ink },
      pageIconColor: colour("accent"),
      inactiveColor: colour("line"),
    },
    tooltip: {
      trigger: "item",
      confine: true,
      backgroundColor: colour("paper"),
      borderColor: colour("muted"),
      formatter: (mark) => tip_of(mark.data?.row, mark.data?.tip),
    },
    aria: { enabled: false }, // the page says itself what the chart shows
  };
}

// What a tip shows: a point's axes, and its figures.
function tip_of(row, extra) {
  if (row === undefined || row === null) {
    return "";
  }
  const lines = [
    `point ${point_of(row)}`,
    label_of(row),
    ...(extra ? [extra] : []),
    ...figures_of(row),
  ];
  const tip = element("div", { class: "tip" }, element("strong", { text: lines[0] }));
  lines.slice(1).forEach((line) => tip.append(element("div", { text: line })));
  return tip;
}

// "0.00001" as "1e-5", 15000000 as "1.5e+7"; others as short as they are.
function tick_text(value) {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e7)
    ? Number(value.toPrecision(6)).toExponential()
    : grouped(String(value));
}

// An axis begins at 0, unless that would leave more than three quarters of it empty.
function axis_begin({ min, max }) {
  return min >= 0 && min < 0.75 * max ? 0 : null;
}

// What all axes have.
function axis_base(column) {
  const ink = colour("ink");
  return {
    name: title_of(column),
    nameLocation: "middle",
    nameTextStyle: { color: ink, fontSize: 12 },
    axisLine: { show: true, lineStyle: { color: colour("muted") } },
    axisLabel: { color: ink, hideOverlap: true },
    splitLine: { lineStyle: { color: colour("line"), opacity: 0.6 } },
  };
}

// An axis with a place for each value of a column.
function text_axis(column) {
  const base = axis_base(column);
  return {
    ...base,
    type: "category",
    data: distinct(column),
    axisLabel: { ...base.axisLabel, formatter: shortened },
  };
}

function axis_of(column, is_log) {
  const common = axis_base(column);
  if (!column.number) {
    return text_axis(column);
  }
  common.axisLabel.formatter = tick_text;
  if (!is_log) {
    const are_whole = column.factor === 1 && column.values.every(Number.isInteger);
    const minInterval = are_whole ? 1 : 0;
    return { ...common, type: "value", scale: true, min: axis_begin, minInterval };
  }
  const values = column.values.filter((value) => value > 0).map((value) => value * column.factor);
  const span = most_of(values) / least_of(values);
  return { ...common, type: "log", logBase: span < 200 ? 2 : 10 };
}

const letter_width = 6.6; // pixels, of most letters

// Without its middle, if it is too long: texts of an axis often begin alike.
function shortened(text) {
  const most = document.getElementById("chart").clientWidth < 700 ? 18 : 48;
  const ends = Math.floor((most - 1) / 2);
  return text.length > most ? `${text.slice(0, ends)}${several}${text.slice(-ends)}` : text;
}

// Pixels that the longest of some labels takes, and some more.
function width_of(texts) {
  return 16 + letter_width * Math.max(0, most_of(texts.map((text) => shortened(text).length)));
}

// An axis along the bottom. A few texts are broken into lines, so that none is left out.
function bottom_axis(axis) {
  const room = document.getElementById("chart").clientWidth - 100;
  const width = room / (axis.data?.length ?? 1) - 12;
  const lines = Math.max(
    1,
    most_of(
      (axis.data ?? []).map((text) =>
        Math.ceil((1.3 * letter_width * shortened(text).length) / width),
      ),
    ),
  );
  const least = 56; // pixels that lines need to be read
  if (axis.type !== "category" || width < least) {
    return { ...axis, nameGap: 28 };
  }
  const axisLabel = { ...axis.axisLabel, interval: 0, width, overflow: "break" };
  return { ...axis, axisLabel, nameGap: 14 + 14 * lines };
}

// Where a row stands on an axis.
function place_on(column, row) {
  return column.number ? shown_value(column, row) : value_text(column, column.values[row]);
}

function can_stand(column, row, is_log) {
  const value = column.values[row];
  return value !== null && (!is_log || !column.number || value > 0);
}

// [{name, rows}], in the order of the group's values; all rows at once without a group.
function groups_of(rows, column) {
  if (!column) {
    return [{ name: "", rows }];
  }
  const named = new Map(distinct(column).map((name) => [name, []]));
  rows.forEach((row) => named.get(value_text(column, column.values[row]))?.push(row));
  const unit = column.unit ? ` ${column.unit}` : "";
  return [...named]
    .filter(([, members]) => members.length > 0)
    .map(([name, members]) => ({
      name: `${column.title} ${name}${unit}`,
      rows: members,
    }));
}

function seed_axes() {
  return columns.filter((column) => column.role === "axis" && column.key.endsWith("seed"));
}

// Of rows that differ in their seeds alone, the one in the middle by y: a lucky seed proves
// nothing.
function medians(rows, x, y) {
  const axes = columns.filter((column) => column.role === "axis" || column === x);
  const seeds = seed_axes().filter((column) => column !== x);
  if (seeds.length === 0) {
    return rows;
  }
  const others = axes.filter((column) => !seeds.includes(column));
  const alike = new Map();
  for (const row of rows) {
    const key = JSON.stringify(others.map((column) => column.values[row]));
    alike.set(key, alike.get(key) ?? []);
    alike.get(key).push(row);
  }
  return [...alike.values()].map((same) => {
    const fit = same.some(is_usable) ? same.filter(is_usable) : same;
    return fit.sort((left, right) => compare_rows(y, left, right))[(fit.length - 1) >> 1];
  });
}

// Of each x, the row with the best y.
function best_by_x(rows, x, y) {
  const best = new Map();
  for (const row of medians(rows, x, y)) {
    const at = x.values[row];
    if (!best.has(at) || is_better(y, row, best.get(at))) {
      best.set(at, row);
    }
  }
  return [...best.values()].sort((left, right) => compare_rows(x, left, right));
}

// Rows that no other row beats in one of two columns without losing in the other.
function pareto_front(rows, x, y) {
  const better_x = (left, right) => is_better(x, left, right);
  const order = [...rows].sort((left, right) => {
    if (x.values[left] !== x.values[right]) {
      return better_x(left, right) ? -1 : 1;
    }
    return is_better(y, left, right) ? -1 : is_better(y, right, left) ? 1 : 0;
  });
  const front = [];
  for (const row of order) {
    if (front.length === 0 || is_better(y, row, front[front.length - 1])) {
      front.push(row);
    }
  }
  return front;
}

// A mark for a row: hollow if that does not fit into memory.
function item(x, y, row, color) {
  const mark = { value: [place_on(x, row), place_on(y, row)], row };
  return is_usable(row) || !color
    ? mark
    : { ...mark, itemStyle: { color: colour("paper"), borderColor: color, borderWidth: 1.5 } };
}

// A ring around the chosen row.
function chosen_series(rows, x, y) {
  const row = state.chosen;
  const is_there = row !== null && rows.includes(row);
  return {
    type: "scatter",
    name: "chosen",
    silent: true,
    symbol: "circle",
    symbolSize: 20,
    itemStyle: { color: "transparent", borderColor: colour("ink"), borderWidth: 2.5 },
    data: is_there ? [item(x, y, row)] : [],
    z: 10,
    tooltip: { show: false },
  };
}

const symbols = ["circle", "rect", "triangle", "diamond", "roundRect", "pin", "arrow"];

function looks(i) {
  return { symbol: symbols[i % symbols.length], color: marks()[i % 10] };
}

function axes_and_legend(option, choice, names) {
  option.xAxis = bottom_axis(axis_of(choice.x, choice.log_x));
  option.yAxis = { ...axis_of(choice.y, choice.log_y), nameGap: 46 };
  option.legend.data = names.filter(Boolean);
  option.legend.show = option.legend.data.length > 0;
  option.grid.bottom = option.xAxis.nameGap + 6;
  option.grid.left = 34;
}

function line_chart(rows, choice) {
  const option = { ...chart_base(), series: [] };
  const groups = groups_of(rows, choice.group);
  let others = 0;
  groups.forEach((group, i) => {
    const best = best_by_x(group.rows, choice.x, choice.y);
    const drawn = new Set(best);
    const rest = group.rows.filter((row) => !drawn.has(row));
    others += rest.length;
    const { symbol, color } = looks(i);
    option.series.push({
      type: "line",
      name: group.name,
      symbol,
      symbolSize: 8,
      showAllSymbol: true,
      lineStyle: { width: 2, color },
      itemStyle: { color },
      data: best.map((row) => item(choice.x, choice.y, row, color)),
    });
    option.series.push({
      type: "scatter",
      name: group.name,
      symbol,
      symbolSize: 6,
      itemStyle: { color, opacity: 0.45 },
      data: rest.map((row) => item(choice.x, choice.y, row, color)),
    });
  });
  option.series.push(chosen_series(rows, choice.x, choice.y));
  axes_and_legend(
    option,
    choice,
    groups.map((group) => group.name),
  );
  const which = choice.y.better === "higher" ? "highest" : "lowest";
  const seeds = seed_axes().some((column) => column !== choice.x) ? ", of seeds the median" : "";
  const note =
    others > 0
      ? `Lines go through the ${which} value at each x that fits${seeds}; the others are faint.`
      : "";
  return { option, note };
}

function scatter_chart(rows, choice) {
  const option = { ...chart_base(), series: [] };
  const groups = groups_of(rows, choice.group);
  groups.forEach((group, i) => {
    const { symbol, color } = looks(i);
    option.series.push({
      type: "scatter",
      name: group.name || "points",
      symbol,
      symbolSize: 10,
      itemStyle: { color, opacity: 0.85 },
      data: group.rows.map((row) => item(choice.x, choice.y, row, color)),
    });
  });
  const names = groups.map((group) => group.name);
  let note = "";
  if (choice.x.number && choice.y.number) {
    const front = pareto_front(rows.filter(is_usable), choice.x, choice.y);
    option.series.push({
      type: "line",
      name: "Pareto front",
      symbol: "circle",
      symbolSize: 15,
      lineStyle: { type: "dashed", width: 1.5, color: colour("ink") },
      itemStyle: { color: "transparent", borderColor: colour("ink"), borderWidth: 1.2 },
      data: front.map((row) => item(choice.x, choice.y, row)),
      silent: true,
      z: 4,
    });
    names.push("Pareto front");
    const goal = (column) => `${column.better || "lower"} ${column.title}`;
    const goals = `${goal(choice.x)} and ${goal(choice.y)}`;
    note = `Pareto front: ${front.length} points; no other has both ${goals}.`;
  }
  option.series.push(chosen_series(rows, choice.x, choice.y));
  axes_and_legend(option, choice, names);
  return { option, note };
}

const bars_most = 30;

function breakdown_chart(rows) {
  const parts = columns.filter(
    (column) => column.role === "part" && column.values.some((value) => value > 0),
  );
  const shown = rows.slice(0, bars_most);
  const option = chart_base();
  const factor = Math.min(...parts.map((column) => column.factor));
  const unit = parts.find((column) => column.factor === factor)?.unit ?? "s";
  option.series = parts.map((column) => ({
    type: "bar",
    name: column.title,
    stack: "time",
    itemStyle: {
      color: colour(category_marks[column.key.replace(/_s$/, "")]),
      borderColor: colour("paper"),
      borderWidth: 0.5,
    },
    data: shown.map((row) => ({
      value: Number((column.values[row] * factor).toPrecision(12)),
      row,
      tip: `${column.title}: ${with_unit(column, column.values[row])}`,
    })),
  }));
  option.yAxis = {
    type: "category",
    inverse: true,
    data: shown.map(
      (row) => `${point_of(row)}: ${label_of(row)}${is_usable(row) ? "" : " (does not fit)"}`,
    ),
    axisLabel: { color: colour("ink"), formatter: shortened, interval: 0 },
    axisLine: { lineStyle: { color: colour("muted") } },
  };
  option.xAxis = {
    ...axis_of({ title: "time, mean over stages", unit, number: true, values: [] }, false),
    scale: false,
    nameGap: 28,
  };
  option.grid.bottom = 34;
  const left_out = rows.length - shown.length;
  return {
    option,
    note:
      left_out > 0
        ? `The first ${shown.length} points of the table; ${left_out} more are not drawn.`
        : "",
    height: 120 + 24 * shown.length,
  };
}
