// The chart: what it shows is chosen above it; points of it can be chosen with a pointer or keys.

const chart_kinds = [
  { name: "line", title: "lines" },
  { name: "scatter", title: "scatter, Pareto front" },
  { name: "breakdown", title: "where the time goes" },
  { name: "heat", title: "heat map" },
];

const chart = {
  drawing: null, // the library's
  points: [], // marks that keys walk over: {series, index, row}
  at: -1, // of these, the one that a key came to
};

const part_of_page = (id) => document.getElementById(id);

function can_be_axis(column) {
  return (
    !["message", "scenario", "version"].includes(column.key) && new Set(column.values).size > 1
  );
}

function fill_select(id, choices, chosen) {
  const select = part_of_page(id);
  select.replaceChildren(
    ...choices.map(([value, title]) => element("option", { value, text: title })),
  );
  select.value = chosen;
  select.addEventListener("change", draw_chart);
}

// Steps of a constant factor, or values far apart, are clearer on a logarithmic scale.
function suits_log(column) {
  const values = column?.number
    ? [...new Set(column.values.filter((value) => value !== null))]
    : [];
  const least = least_of(values);
  return values.length > 2 && least > 0 && most_of(values) / least >= 8;
}

function fill_controls() {
  const usual = columns.filter(can_be_axis);
  const axes = usual.filter((column) => column.role === "axis");
  const numbers = usual.filter((column) => column.number && column.key !== "point");
  const time = ["step_s", "time_s"].find((key) => column_of.has(key));
  const y =
    numbers.find((column) => column.key === time) ??
    numbers.find((column) => column.role === "result") ??
    numbers.find((column) => column.role === "part");
  const scales = axes.filter((column) => column.number);
  const x =
    scales.find((column) => column.key.endsWith("sizes")) ??
    scales.find((column) => !column.key.endsWith("seed")) ??
    axes[0] ??
    usual[0];
  const can_group = axes.filter((column) => column !== x && distinct(column).length <= 12);
  const group = can_group.find((column) => column.key.endsWith("algorithms")) ?? can_group[0];
  const kinds = chart_kinds.filter(
    (kind) =>
      (kind.name !== "breakdown" || columns.some((column) => column.role === "part")) &&
      (kind.name !== "heat" || usual.length > 1),
  );
  fill_select(
    "chart-kind",
    kinds.map((kind) => [kind.name, kind.title]),
    "line",
  );
  const titled = (list) => list.map((column) => [column.key, title_of(column)]);
  fill_select("chart-x", titled(usual), x.key);
  fill_select("chart-y", titled(numbers), y.key);
  fill_select(
    "chart-group",
    [["", "none"], ...titled(usual.filter((column) => distinct(column).length <= 40))],
    group?.key ?? "",
  );
  part_of_page("chart-log-x").checked = suits_log(x);
  part_of_page("chart-log-y").checked = suits_log(y);
  for (const axis of ["x", "y"]) {
    part_of_page(`chart-${axis}`).addEventListener("change", (event) => {
      part_of_page(`chart-log-${axis}`).checked = suits_log(column_of.get(event.target.value));
      draw_chart();
    });
  }
  part_of_page("chart-log-x").addEventListener("change", draw_chart);
  part_of_page("chart-log-y").addEventListener("change", draw_chart);
}

// Which controls a kind of chart has, and what they are called there.
function fit_controls(kind) {
  const is_heat = kind === "heat";
  const has_axes = kind !== "breakdown";
  for (const id of ["chart-x-label", "chart-y-label", "chart-group-label"]) {
    part_of_page(id).hidden = !has_axes;
  }
  part_of_page("chart-y-label").firstChild.textContent = is_heat ? "colour " : "y ";
  part_of_page("chart-group-label").firstChild.textContent = is_heat ? "y " : "group ";
  part_of_page("chart-log-x-label").hidden = !has_axes || is_heat;
  part_of_page("chart-log-y-label").hidden = !has_axes || is_heat;
}

function read_choice() {
  const column = (id) => column_of.get(part_of_page(id).value);
  const kind = part_of_page("chart-kind").value;
  const choice = {
    kind,
    x: column("chart-x"),
    y: column("chart-y"),
    group: column("chart-group"),
    log_x: part_of_page("chart-log-x").checked,
    log_y: part_of_page("chart-log-y").checked,
  };
  if (kind === "heat") {
    const other =
      columns.find((each) => each.role === "axis" && each !== choice.x) ?? column_of.get("point");
    return {
      ...choice,
      value: choice.y,
      y: choice.group ?? other,
      group: null,
      log_x: false,
      log_y: false,
    };
  }
  return choice;
}

function made_chart(rows, choice) {
  switch (choice.kind) {
    case "scatter":
      return scatter_chart(rows, choice);
    case "breakdown":
      return breakdown_chart(rows);
    case "heat":
      return heat_chart(rows, choice);
    default:
      return line_chart(rows, choice);
  }
}

// Rows that have what the chart shows.
function rows_for(choice) {
  const needed =
    choice.kind === "breakdown"
      ? columns.filter((column) => column.role === "part")
      : [choice.x, choice.y];
  const logs = [choice.log_x, choice.log_y];
  return visible_rows().filter(
    (row) =>
      needed.every((column, i) => can_stand(column, row, choice.kind !== "breakdown" && logs[i])) &&
      (choice.kind !== "heat" || choice.value.values[row] !== null),
  );
}

// From left to right; of a breakdown, each row once.
function points_in(option, kind) {
  const points = [];
  const places = new Map(option.xAxis?.data?.map((text, place) => [text, place]));
  const place_of = (mark) => places.get(mark.value[0]) ?? mark.value[0];
  option.series.forEach((series, i) => {
    const is_walked = !series.silent && (kind !== "breakdown" || i === 0);
    (is_walked ? series.data : []).forEach((mark, index) =>
      points.push({ series: i, index, row: mark.row, at: place_of(mark) }),
    );
  });
  return kind === "breakdown"
    ? points
    : points.sort((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0));
}

function draw_chart() {
  const choice = read_choice();
  fit_controls(choice.kind);
  const rows = rows_for(choice);
  const made =
    rows.length > 0
      ? made_chart(rows, choice)
      : { option: { ...chart_base(), series: [] }, note: "" };
  const box = part_of_page("chart");
  box.style.height = made.height ? `${made.height}px` : "";
  chart.points = points_in(made.option, choice.kind);
  chart.at = -1;
  chart.drawing.resize();
  chart.drawing.setOption(made.option, { notMerge: true });
  const missing = visible_rows().length - rows.length;
  const lacking = missing > 0 ? `Without such a value, and not drawn: ${missing}.` : "";
  const has_marks = choice.kind === "line" || choice.kind === "scatter";
  const unfit =
    has_marks && rows.some((row) => !is_usable(row)) ? "Hollow: does not fit into memory." : "";
  const count = rows.length === 1 ? "1 point." : `${rows.length} points.`;
  part_of_page("chart-note").textContent = [count, made.note, unfit, lacking]
    .filter(Boolean)
    .join(" ");
  const title = chart_kinds.find((kind) => kind.name === choice.kind).title;
  const what =
    choice.kind === "breakdown"
      ? ""
      : `: ${title_of(choice.value ?? choice.y)} over ${title_of(choice.x)}`;
  box.setAttribute("aria-label", `Chart of ${title}${what}`);
}

function show_mark(point) {
  chart.drawing.dispatchAction({ type: "downplay" });
  const place = { seriesIndex: point.series, dataIndex: point.index };
  chart.drawing.dispatchAction({ type: "highlight", ...place });
  chart.drawing.dispatchAction({ type: "showTip", ...place });
  speak(describe(point.row));
}

function walk_chart(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const count = chart.points.length;
  if (step && count > 0) {
    chart.at = chart.at < 0 ? (step > 0 ? 0 : count - 1) : (chart.at + step + count) % count;
    show_mark(chart.points[chart.at]);
  } else if (event.key === "Enter" && chart.at >= 0) {
    choose(chart.points[chart.at].row);
  } else if (event.key === "Escape") {
    chart.drawing.dispatchAction({ type: "hideTip" });
  } else {
    return;
  }
  event.preventDefault();
}

function start_charts() {
  const drawn = columns.filter((column) => column.number && column.role !== "axis");
  if (!drawn.some((column) => column.key !== "point" && can_be_axis(column))) {
    part_of_page("chart-note").textContent = "Too few points have results to draw any.";
    for (const unused of document.querySelectorAll("#charts .controls, #chart, #chart-help")) {
      unused.hidden = true;
    }
    return;
  }
  const few = 2000; // marks that are still quick as elements of the page
  chart.drawing = echarts.init(part_of_page("chart"), null, {
    renderer: data.table.rows > few ? "canvas" : "svg",
  });
  fill_controls();
  chart.drawing.on("click", (mark) => {
    if (typeof mark.data?.row === "number") {
      choose(mark.data.row);
    }
  });
  part_of_page("chart").addEventListener("keydown", walk_chart);
  window.addEventListener("resize", draw_chart);
  on_rows.push(draw_chart);
  on_choice.push(() => {
    const at = chart.at;
    draw_chart();
    chart.at = at;
  });
  draw_chart();
}
