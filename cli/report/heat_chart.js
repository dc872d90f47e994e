// A heat map over two columns: cells by the best of their points.

// Colours of a heat map, dark to light, that are told apart by all eyes (cividis).
const heat_ramp = ["#00224e", "#2a3f6d", "#575d6d", "#7d7c78", "#a59c74", "#d2c060", "#fee838"];

const pale_from = 0.46; // from there on black stands out more than white does

// Of each cell of a heat map, the row with the best value.
function best_by_cell(rows, { x, y, value }) {
  const cells = new Map();
  for (const row of rows) {
    const at = `${value_text(x, x.values[row])}\n${value_text(y, y.values[row])}`;
    if (!cells.has(at) || is_better(value, row, cells.get(at))) {
      cells.set(at, row);
    }
  }
  return [...cells.values()];
}

// The scale of colours: the better a value, the lighter. Values far apart go by their logarithms.
function heat_scale(column, rows) {
  const is_log = suits_log(column);
  const place = (row) => (is_log ? Math.log10(shown_value(column, row)) : shown_value(column, row));
  const number = (at) => tick_text(Number((is_log ? 10 ** at : at).toPrecision(3)));
  const places = rows.map(place);
  const min = Math.min(...places);
  const max = Math.max(...places);
  const lower_is_better = column.better === "lower";
  const lightness = (at) => (lower_is_better ? max - at : at - min) / (max - min || 1);
  const map = {
    min,
    max,
    orient: "horizontal",
    left: "center",
    top: 6,
    calculable: true,
    itemWidth: 14,
    itemHeight: 180,
    text: [`${title_of(column)} `, ""],
    textStyle: { color: colour("ink") },
    formatter: number,
    inRange: { color: lower_is_better ? [...heat_ramp].reverse() : heat_ramp },
  };
  return { place, number, map, is_pale: (at) => lightness(at) > pale_from };
}

// How a cell looks whose point does not fit into memory.
function unfit_cell() {
  const lines = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [1, 5], rotation: -Math.PI / 4 };
  return {
    visualMap: false,
    itemStyle: { color: colour("panel"), decal: { ...lines, color: colour("line") } },
  };
}

function heat_chart(rows, choice) {
  const option = chart_base();
  const { x, y, value } = choice;
  const kept = best_by_cell(rows, choice);
  const unfit = new Set(kept.filter((row) => !is_usable(row)));
  // What does not fit has no part in the scale, unless nothing fits.
  const scale = heat_scale(value, unfit.size < kept.length ? kept.filter(is_usable) : kept);
  option.xAxis = bottom_axis(text_axis(x));
  option.yAxis = { ...text_axis(y), nameGap: width_of(distinct(y)) };
  option.legend.show = false;
  option.grid = { ...option.grid, left: 34, bottom: option.xAxis.nameGap + 6, top: 64 };
  option.visualMap = scale.map;
  const cells_with_numbers = 150;
  option.series = [
    {
      type: "heatmap",
      data: kept.map((row) => ({
        value: [value_text(x, x.values[row]), value_text(y, y.values[row]), scale.place(row)],
        row,
        ...(unfit.has(row) ? unfit_cell() : {}),
      })),
      label: {
        show: kept.length <= cells_with_numbers,
        formatter: ({ value: [, , at], data: { row } }) =>
          `{${unfit.has(row) ? "on_grey" : scale.is_pale(at) ? "on_light" : "on_dark"}|` +
          `${scale.number(at)}}`,
        rich: {
          on_light: { color: "#000000" },
          on_dark: { color: "#ffffff" },
          on_grey: { color: colour("ink") },
        },
      },
      itemStyle: { borderColor: colour("paper"), borderWidth: 1 },
      emphasis: { itemStyle: { borderColor: colour("ink"), borderWidth: 2 } },
    },
  ];
  const which = value.better === "higher" ? "highest" : "lowest";
  const hidden = rows.length - kept.length;
  const notes = [
    hidden > 0 &&
      `A cell is the ${which} of its points that fits; ${hidden} others are behind them.`,
    unfit.size > 0 && `Hatched: does not fit into memory (${unfit.size}).`,
  ];
  return { option, note: notes.filter(Boolean).join(" ") };
}
