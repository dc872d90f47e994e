#include "cli/result_files.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/csv_input.hpp"
#include "cli/json_input.hpp"
#include "sim/contract.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

/// What one file has.
struct Content {
  std::vector<ResultRow> rows{};
  std::vector<std::string> axes{};
  std::vector<ResultRow> stages{};  // of the pipelines of its training steps
};

void add_axis(Content& content, const std::string& key) {
  if (std::ranges::find(content.axes, key) == content.axes.end()) {
    content.axes.push_back(key);
  }
}

/// A hash of digits alone is no number, nor one with an e among them.
ResultValue value_under(std::string_view key, const std::string& text) {
  constexpr std::array<std::string_view, 3> texts{"scenario", "scenario_hash", "version"};
  return std::ranges::find(texts, key) == texts.end() ? value_of(text) : ResultValue{text};
}

bool is_single(const Json& value) {
  return !value.is_structured();
}

ResultValue single(const JsonPlace& place) {
  const Json& value = place.value();
  if (!is_single(value)) {
    place.fail("expected a single value");
  }
  if (value.is_null()) {
    return {};
  }
  if (value.is_boolean()) {
    return value.get<bool>();
  }
  return value.is_number() ? ResultValue{value.get<double>()} : value.get<std::string>();
}

/// All that are single values, in order.
void add_singles(const JsonPlace& object, ResultRow& row) {
  for (const auto& [key, value] : object.value().items()) {
    if (is_single(value)) {
      row.values.emplace_back(key, single(object.at(key)));
    }
  }
}

void expect_number(const JsonPlace& place) {
  if (!place.value().is_number()) {
    place.fail(fmt::format("expected a number, got {}", place.value().dump()));
  }
}

void expect_text(const JsonPlace& place) {
  if (!place.value().is_string()) {
    place.fail(fmt::format("expected text, got {}", place.value().dump()));
  }
}

void expect_object(const JsonPlace& place) {
  if (!place.value().is_object()) {
    place.fail("expected an object");
  }
}

/// A point of a sweep.
void add_point(const JsonPlace& point, const std::string& where, Content& content) {
  expect_number(point.at("point"));
  expect_text(point.at("status"));
  const JsonPlace axes = point.at("axes");
  expect_object(axes);
  ResultRow row{.place = where};
  for (const auto& [key, value] : axes.value().items()) {
    row.values.emplace_back(key, single(axes.at(key)));
    add_axis(content, key);
  }
  add_singles(point, row);
  content.rows.push_back(std::move(row));
}

/// A run of collectives.
void add_run(const JsonPlace& run, const std::string& where, Content& content) {
  const JsonPlace results = run.at("results");
  for (std::size_t i = 0; i < results.size(); ++i) {
    const JsonPlace result = results.at(i);
    expect_text(result.at("algorithm"));
    expect_number(result.at("bytes"));
    expect_number(result.at("time_s"));
    ResultRow row{.place = fmt::format("{} results[{}]", where, i)};
    add_singles(result, row);
    add_singles(run, row);
    content.rows.push_back(std::move(row));
  }
  add_axis(content, "algorithm");
  add_axis(content, "bytes");
}

/// A stage of a pipeline: where its time goes, and its memory.
ResultRow stage_row(const JsonPlace& stage, std::size_t number) {
  const JsonPlace seconds = stage.at("seconds");
  expect_object(seconds);
  ResultRow row{.values = {{"stage", static_cast<double>(number)}}};
  for (const auto& [key, value] : seconds.value().items()) {
    expect_number(seconds.at(key));
    row.values.emplace_back(key + "_s", value.get<double>());
  }
  expect_number(stage.at("memory_B"));
  add_singles(stage, row);
  return row;
}

/// What stages come to: the mean of times, the most of all else.
void add_stages(const std::vector<ResultRow>& stages, ResultRow& row) {
  for (const auto& [key, first] : stages.front().values) {
    if (key == "stage" || !std::holds_alternative<double>(first)) {
      continue;
    }
    double sum = 0;
    double most = 0;
    for (const ResultRow& stage : stages) {
      const auto found = std::ranges::find(
          stage.values, key, [](const auto& each) { return std::string_view{each.first}; });
      const auto* const number =
          found == stage.values.end() ? nullptr : std::get_if<double>(&found->second);
      sum += number == nullptr ? 0 : *number;
      most = std::max(most, number == nullptr ? 0 : *number);
    }
    row.values.emplace_back(key,
                            key.ends_with("_s") ? sum / static_cast<double>(stages.size()) : most);
  }
}

/// A training step.
void add_step(const JsonPlace& step, const std::string& where, Content& content) {
  expect_number(step.at("step_s"));
  const JsonPlace layout = step.at("layout");
  expect_object(layout);
  ResultRow whole{.place = where};
  add_singles(layout, whole);
  add_singles(step, whole);
  const JsonPlace list = step.at("stages");
  if (list.size() == 0) {
    list.fail("expected at least one stage");
  }
  std::vector<ResultRow> stages;
  for (std::size_t i = 0; i < list.size(); ++i) {
    stages.push_back(stage_row(list.at(i), i));
  }
  for (ResultRow stage : stages) {
    stage.place = fmt::format("{} stages[{}]", where, content.stages.size());
    std::ranges::copy(whole.values, std::back_inserter(stage.values));
    content.stages.push_back(std::move(stage));
  }
  add_stages(stages, whole);
  content.rows.push_back(std::move(whole));
}

void add_document(const JsonSource& source, const std::string& where, Content& content) {
  const Json document = parse_json(source);
  const JsonPlace place{source, document};
  if (place.has("axes")) {
    add_point(place, where, content);
  } else if (place.has("results")) {
    add_run(place, where, content);
  } else if (place.has("stages")) {
    add_step(place, where, content);
  } else {
    place.fail(
        "expected a result: a point of a sweep has 'axes', a run of collectives 'results', a "
        "training step 'stages'");
  }
}

/// One document, or, if already the first line is one, one a line.
Content read_json(const ResultFile& file, std::string_view text) {
  Content content;
  if (!Json::accept(text.substr(0, text.find('\n')))) {
    add_document({.file = file.name, .text = std::string{text}}, file.name, content);
    return content;
  }
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      add_document({.file = file.name, .text = std::string{line}, .line = number},
                   fmt::format("{}:{}", file.name, number), content);
    }
  }
  return content;
}

/// Between the number of a point and the hash of its scenario stand its axes.
void add_axes_of_points(const CsvTable& table, Content& content) {
  const std::vector<std::string>& columns = table.columns();
  for (std::size_t i = 1; i < columns.size() && columns[i] != "scenario"; ++i) {
    add_axis(content, columns[i]);
  }
}

Content read_csv(const ResultFile& file) {
  const CsvTable table{file.name, file.text};
  if (table.rows() == 0) {
    throw sim::Error{file.name, "has no rows"};
  }
  Content content;
  if (table.columns().front() == "point") {
    for (const std::string_view needed : {"scenario", "status"}) {
      static_cast<void>(table.at(0, needed));
    }
    add_axes_of_points(table, content);
  } else if (table.has("algorithm")) {
    for (const std::string_view needed : {"bytes", "time_s", "scenario_hash"}) {
      static_cast<void>(table.at(0, needed));
    }
    content.axes = {"algorithm", "bytes"};
  } else {
    throw sim::Error{sim::SourcePos{file.name, 1, 1},
                     "expected a table of results: that of a sweep begins with the column 'point', "
                     "that of a run of collectives with 'algorithm'"};
  }
  for (std::size_t i = 0; i < table.rows(); ++i) {
    ResultRow row{.place = fmt::format("{}:{}", file.name, table.line(i))};
    for (const std::string& column : table.columns()) {
      row.values.emplace_back(column, value_under(column, table.at(i, column)));
    }
    content.rows.push_back(std::move(row));
  }
  return content;
}

Content read_file(const ResultFile& file) {
  const std::string_view text = without_mark(file.text);
  const std::size_t first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  Content content = text.substr(first).starts_with('{') ? read_json(file, text) : read_csv(file);
  if (content.rows.empty()) {
    throw sim::Error{file.name, "has no rows"};
  }
  return content;
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  std::ranges::transform(std::filesystem::path{name}.lexically_normal(), std::back_inserter(parts),
                         [](const std::filesystem::path& part) { return part.string(); });
  return parts;
}

/// How many parts all paths begin with. Requires a path.
std::size_t common_parts(const std::vector<std::vector<std::string>>& paths) {
  sim::require(!paths.empty(), "common_parts: a path");
  std::size_t common = 0;
  while (std::ranges::all_of(paths, [&](const std::vector<std::string>& parts) {
    return common < parts.size() && parts[common] == paths.front()[common];
  })) {
    ++common;
  }
  return common;
}

/// What the names of files differ in.
std::vector<std::string> short_names(std::span<const ResultFile> files) {
  std::vector<std::vector<std::string>> paths;
  for (const ResultFile& file : files) {
    paths.push_back(parts_of(file.name));
    if (std::ranges::count(paths, paths.back()) > 1) {
      throw sim::Error{file.name, "is given twice"};
    }
  }
  const std::size_t before = common_parts(paths);
  for (std::vector<std::string>& parts : paths) {
    parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(before));
    std::ranges::reverse(parts);
  }
  const std::size_t after = common_parts(paths);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::filesystem::path name;
    for (std::size_t part = paths[i].size(); part > after; --part) {
      name /= paths[i][part - 1];
    }
    names.push_back(name.empty() ? files[i].name : name.string());
  }
  return names;
}

}  // namespace

ResultRows read_result_files(std::span<const ResultFile> files) {
  ResultRows out;
  const std::vector<std::string> names = short_names(files);
  for (std::size_t i = 0; i < files.size(); ++i) {
    Content content = read_file(files[i]);
    if (files.size() == 1 && content.rows.size() == 1 && !content.stages.empty()) {
      content.rows = std::move(content.stages);
      content.axes = {"stage"};
    }
    if (files.size() > 1) {
      content.axes.insert(content.axes.begin(), "file");
    }
    for (ResultRow& row : content.rows) {
      if (files.size() > 1) {
        row.values.insert(row.values.begin(), {"file", names[i]});
      }
      out.add(row, content.axes);
    }
  }
  return out;
}

}  // namespace cli
