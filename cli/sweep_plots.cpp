#include "cli/sweep_plots.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/chart_kinds.hpp"
#include "cli/picture_file.hpp"
#include "cli/process.hpp"
#include "cli/result_files.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> text_at(const sim::ConfigNode& node, std::string_view key) {
  const auto found = node.find(key);
  return found ? std::optional{found->text()} : std::nullopt;
}

ChartKind read_kind(const sim::ConfigNode& node) {
  return static_cast<ChartKind>(node.choice(chart_kind_names, "kind of chart"));
}

ChartRequest read_request(const sim::ConfigNode& node) {
  if (!node.is_map()) {
    return {.kind = read_kind(node)};
  }
  node.expect_keys({"kind", "x", "y", "group", "where", "log", "maximise", "title", "file"});
  ChartRequest request{.kind = read_kind(node.at("kind")),
                       .x = text_at(node, "x"),
                       .y = text_at(node, "y"),
                       .group = text_at(node, "group"),
                       .title = text_at(node, "title")};
  if (const auto where = node.find("where")) {
    for (const std::string& key : where->keys()) {
      request.where.push_back({key, value_of(where->at(key).text())});
    }
  }
  if (const auto log = node.find("log")) {
    request.log = log_axes(log->choice(log_choices, "choice of axes"));
  }
  if (const auto maximised = node.find("maximise")) {
    for (const sim::ConfigNode& key : maximised->items()) {
      request.maximised.push_back(key.text());
    }
  }
  return request;
}

std::string read_file(const sim::ConfigNode& node, ChartKind kind) {
  const auto said = node.is_map() ? node.find("file") : std::nullopt;
  if (!said) {
    return fmt::format("{}.svg", chart_kind_names.at(static_cast<std::size_t>(kind)));
  }
  const fs::path file{said->text()};
  if (file.filename() != file || file.stem().empty()) {
    said->fail(fmt::format("'{}' is no name of a file", file.string()),
               "pictures lie beside the results: file: scaling.svg");
  }
  try {
    static_cast<void>(picture_format("file", file));
  } catch (const sim::Error& error) {
    said->fail(error.what());
  }
  return file.string();
}

}  // namespace

std::vector<SweepPlot> read_sweep_plots(const sim::ConfigNode& node) {
  std::vector<SweepPlot> out;
  std::set<std::string> files;
  for (const sim::ConfigNode& item : node.items()) {
    ChartRequest request = read_request(item);
    try {
      check_chart_options(request);
    } catch (const sim::Error& error) {
      item.fail(error.what());
    }
    std::string file = read_file(item, request.kind);
    if (!files.insert(file).second) {
      item.fail(fmt::format("another plot has the file '{}'", file), "file: OTHER.svg");
    }
    out.push_back({.request = std::move(request), .file = std::move(file), .node = item});
  }
  return out;
}

DrawnPlots draw_sweep_plots(const std::vector<SweepPlot>& plots, const SweepRows& rows,
                            const std::string& source, const fs::path& directory) {
  DrawnPlots drawn;
  if (plots.empty()) {
    return drawn;
  }
  const std::array files{ResultFile{source, to_json_lines(rows)}};
  const ResultRows results = read_result_files(files);
  const bool can_draw = is_installed("gnuplot");
  std::vector<std::pair<const sim::ConfigNode*, std::string>> refused;
  for (const SweepPlot& plot : plots) {
    fs::path target = directory / plot.file;
    if (!can_draw) {
      target += ".gp";
    }
    ChartRequest request = plot.request;
    request.source = source;
    try {
      const Chart chart = make_chart(results, request);
      std::ranges::copy(chart.notes, std::back_inserter(drawn.notes));
      write_picture(chart, target);
      drawn.files.push_back(std::move(target));
    } catch (const sim::Error& error) {
      refused.emplace_back(&plot.node, error.what());
    }
  }
  if (!can_draw) {
    drawn.notes.emplace_back("gnuplot is not installed: its scripts are written, no pictures");
  }
  if (!refused.empty()) {
    refused.front().first->fail(fmt::format("cannot be drawn: {}", refused.front().second));
  }
  return drawn;
}

}  // namespace cli
