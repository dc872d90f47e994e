#include "cli/report_page.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/html.hpp"
#include "cli/report/assets.hpp"
#include "cli/report_network.hpp"
#include "cli/version.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::map<std::string_view, std::string>;

constexpr std::string_view no_point =
    "<p>No point was run for this page. <code>espalier report --point N</code> runs one.</p>\n";

/// The text with every {{name}} replaced, once: what is put in is not looked at again.
std::string filled(std::string_view text, const Texts& parts) {
  std::string out;
  while (true) {
    const std::size_t begin = text.find("{{");
    const std::size_t end = text.find("}}", begin);
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) {
      return out;
    }
    out += parts.at(text.substr(begin + 2, end - begin - 2));
    text.remove_prefix(end + 2);
  }
}

std::string title_of(const Report& report) {
  return std::filesystem::path{report.origin.file}.stem().string();
}

std::string fact(std::string_view name, std::string_view value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape_html(name), escape_html(value));
}

/// "layout.tensor 4 values, seed 2 values"
std::string axes_text(const ReportTable& table) {
  std::string out;
  for (const ReportColumn& column : table.columns) {
    if (column.role == ColumnRole::axis) {
      out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", column.title, column.distinct);
    }
  }
  return out.empty() ? "none" : out;
}

/// The values of a row on the axes: "layout.tensor 8, link 400 Gbps".
std::string label_of(const ReportTable& table, std::size_t row) {
  std::string out;
  for (const ReportColumn& column : table.columns) {
    if (column.role == ColumnRole::axis) {
      out += fmt::format("{}{} {}{}{}", out.empty() ? "" : ", ", column.title,
                         cell_text(column, row), column.unit.empty() ? "" : "\u00a0", column.unit);
    }
  }
  return out;
}

std::optional<std::size_t> row_of(const ReportTable& table, std::size_t point) {
  for (const ReportColumn& column : table.columns) {
    if (column.key == "point") {
      const auto found = std::ranges::find(column.values, Json(point));
      return found == column.values.end()
                 ? std::nullopt
                 : std::optional{static_cast<std::size_t>(found - column.values.begin())};
    }
  }
  return std::nullopt;
}

/// What comes first in the table.
std::string_view best_word(const Report& report) {
  return report.have_same_tokens ? "best" : "shortest step";
}

std::string best_text(const Report& report) {
  if (!report.best) {
    return "<p><strong>No point ran and fits.</strong></p>\n";
  }
  const auto row = row_of(report.table, *report.best);
  if (!row) {
    return {};
  }
  std::vector<std::string> figures;
  for (const ReportColumn& column : report.table.columns) {
    if (column.role == ColumnRole::result && column.better != Better::neither && column.is_shown &&
        column.is_number && !column.values[*row].is_null()) {
      figures.push_back(fmt::format("{} {}{}{}", column.title, cell_text(column, *row),
                                    column.unit.empty() ? "" : "\u00a0", column.unit));
    }
  }
  const std::string label = escape_html(label_of(report.table, *row));
  return fmt::format("<p><strong>{}: point {}</strong>{}: {}.</p>\n",
                     report.have_same_tokens ? "Best" : "Shortest step", *report.best,
                     label.empty() ? label : fmt::format(" ({})", label),
                     escape_html(fmt::format("{}", fmt::join(figures, ", "))));
}

/// What is the same in all rows that have it, and has no column.
std::string constants_text(const ReportTable& table) {
  std::vector<std::string> parts;
  for (const ReportColumn& column : table.constants) {
    if (column.key == "version") {
      continue;  // stands above
    }
    parts.push_back(fmt::format("{} {}{}{}", column.title, cell_text(column, 0),
                                column.unit.empty() ? "" : "\u00a0", column.unit));
  }
  return parts.empty() ? std::string{}
                       : fmt::format("<p class=\"note\">The same wherever it is known: {}.</p>\n",
                                     escape_html(fmt::format("{}", fmt::join(parts, "; "))));
}

std::string summary(const Report& report) {
  std::string out;
  if (!report.description.empty()) {
    out += fmt::format("<p>{}</p>\n", escape_html(report.description));
  }
  out += best_text(report) + "<dl class=\"facts\">\n";
  out += fact("points", fmt::format("{}", report.points));
  for (const auto& [status, count] : report.statuses) {
    out += fact(status, status == "ok" && report.unfit > 0
                            ? fmt::format("{}, of which {} do not fit", count, report.unfit)
                            : fmt::format("{}", count));
  }
  if (report.left_out > 0) {
    out += fact("combinations left out", fmt::format("{}", report.left_out));
  }
  out += fact("axes (values)", axes_text(report.table));
  out += fact("version", version);
  return out + "</dl>\n" + constants_text(report.table);
}

std::string_view cell_class(const ReportColumn& column) {
  return column.is_number ? "number" : "text";
}

/// For whoever has no JavaScript: the first rows, and the columns that are shown at first.
std::string table_html(const Report& report) {
  constexpr std::size_t most = 200;
  const std::size_t rows = std::min(report.table.rows, most);
  std::vector<const ReportColumn*> shown;
  for (const ReportColumn& column : report.table.columns) {
    if (column.is_shown) {
      shown.push_back(&column);
    }
  }
  std::string out = "<table id=\"table\">\n<caption>";
  out += fmt::format("The {} first; {} of {} points{}", best_word(report), rows, report.points,
                     rows < report.points ? ", all of them are in results.csv" : "");
  out += "</caption>\n<thead><tr>";
  for (const ReportColumn* column : shown) {
    out += fmt::format(
        "<th scope=\"col\" class=\"{}\">{}{}</th>", cell_class(*column), escape_html(column->title),
        column->unit.empty()
            ? std::string{}
            : fmt::format(" <span class=\"unit\">{}</span>", escape_html(column->unit)));
  }
  out += "</tr></thead>\n<tbody>\n";
  for (std::size_t row = 0; row < rows; ++row) {
    out += "<tr>";
    for (const ReportColumn* column : shown) {
      out += fmt::format("<td class=\"{}\">{}</td>", cell_class(*column),
                         escape_html(cell_text(*column, row)));
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table>";
}

std::string preformatted(std::string_view heading, std::string_view text) {
  return fmt::format(
      "<h3>{0}</h3>\n<pre tabindex=\"0\" role=\"region\" aria-label=\"{0}\">{1}</pre>\n",
      escape_html(heading), escape_html(text));
}

std::string sweep_command(const SweepOrigin& origin) {
  std::string out = fmt::format("espalier sweep {}", shell_word(origin.file));
  for (const std::string& setting : origin.settings) {
    out += fmt::format(" --set {}", shell_word(setting));
  }
  return out + fmt::format(" -o {}", shell_word(origin.output));
}

std::string reproduce_html(const Report& report) {
  const std::string output = shell_word(report.origin.output);
  std::string commands = sweep_command(report.origin) + "\n";
  commands += fmt::format("espalier report {}", output);
  for (const std::string& option : report.options) {
    commands += " " + option;
  }
  std::string out = fmt::format(
      "<p>The same version of the program, {}, the same files and the same commands give the same "
      "results, and this page, to the byte. Every point has the hash of all that its scenario "
      "reads: column <em>scenario hash</em>.</p>\n",
      version);
  out += preformatted("Commands", commands);
  out += preformatted(fmt::format("Sweep: {}", report.origin.file), report.origin.text);
  if (report.base) {
    out += preformatted(fmt::format("Base: {}", report.base->first), report.base->second);
  }
  if (report.point) {
    out += preformatted(
        fmt::format("Scenario of point {}, hash {}", report.point->point, report.point->hash),
        report.point->scenario);
    out += preformatted("Where costs come from",
                        fmt::format("{}\n", fmt::join(report.point->sources, "\n")));
  }
  return out;
}

std::string timeline_html(const Report& report) {
  if (!report.point) {
    return std::string{no_point};
  }
  if (report.point->timeline.is_null()) {
    return "<p>Only training steps have a timeline; these points are collectives.</p>\n";
  }
  const std::size_t stages = report.point->timeline["stages"].size();
  return fmt::format("<p>Point {}: what the first GPU of {} did.</p>\n", report.point->point,
                     stages == 1 ? std::string{"the pipeline's only stage"}
                                 : fmt::format("each of {} stages of the pipeline", stages));
}

}  // namespace

std::string shell_word(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
    return word;
  }
  std::string out = "'";
  for (const char c : word) {
    out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  }
  return out + "'";
}

Json page_data(const Report& report) {
  Json data{{"schema_version", 1},
            {"version", version},
            {"points", report.points},
            {"best", report.best ? Json(*report.best) : Json()},
            {"best_word", best_word(report)},
            {"directory", shell_word(report.origin.output)},
            {"options", report.table_options},
            {"table", to_json(report.table)}};
  data["point"] = report.point ? Json(report.point->point) : Json();
  data["timeline"] = report.point ? report.point->timeline : Json();
  return data;
}

std::string report_page(const Report& report) {
  const ReportAssets assets = report_assets();
  return filled(
      assets.page,
      {{"version", std::string{version}},
       {"title", escape_html(title_of(report))},
       {"style", std::string{assets.style}},
       {"summary", summary(report)},
       {"table", table_html(report)},
       {"network", report.point ? network_html(*report.point) : std::string{no_point}},
       {"timeline", timeline_html(report)},
       {"step", report.point ? preformatted("In numbers", report.point->text) : std::string{}},
       {"reproduce", reproduce_html(report)},
       {"chart_version", std::string{assets.chart_version}},
       {"data", script_json(page_data(report))},
       {"charts", std::string{assets.charts}},
       {"script", std::string{assets.script}}});
}

}  // namespace cli
