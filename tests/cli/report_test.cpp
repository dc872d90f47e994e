// The parts of a report's page: numbers, columns, escaping, the timeline.

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/html.hpp"
#include "cli/report/assets.hpp"
#include "cli/report_columns.hpp"
#include "cli/report_page.hpp"
#include "cli/report_timeline.hpp"
#include "cli/yaml_text.hpp"
#include "sim/config.hpp"

using namespace cli;
using Json = nlohmann::ordered_json;

namespace {

const std::string evil = "</script><b id=\"x\">'&{{data}}<!--";

ReportColumn column_of(const SweepRows& rows, const std::string& key) {
  const ReportTable table = report_table(rows, rows);
  for (const auto& columns : {table.columns, table.constants}) {
    const auto found = std::ranges::find(columns, key, &ReportColumn::key);
    if (found != columns.end()) {
      return *found;
    }
  }
  return {.key = "none", .title = "none"};
}

Json row_of(std::size_t point, Json axes, Json result) {
  Json row{{"point", point}, {"axes", std::move(axes)}, {"status", "ok"}};
  row.update(result);
  return row;
}

/// Cells of a column as they are shown, with the unit of its head behind a bar.
std::string shown(const ReportColumn& column) {
  std::string out;
  for (std::size_t row = 0; row < column.values.size(); ++row) {
    out += cell_text(column, row) + " ";
  }
  return out + "| " + column.unit;
}

std::string axis_shown(const std::vector<Json>& values) {
  SweepRows rows;
  for (const Json& value : values) {
    rows.push_back(row_of(rows.size(), {{"a.x", value}}, {{"time_s", 1 + rows.size()}}));
  }
  return shown(column_of(rows, "axes.a.x"));
}

std::string times_shown(const std::vector<double>& seconds) {
  SweepRows rows;
  for (const double each : seconds) {
    rows.push_back(row_of(rows.size(), Json::object(), {{"time_s", each}}));
  }
  return shown(column_of(rows, "time_s"));
}

/// Two stages, a kernel of 10 us every 20 us in each, `kernels` of them; a message at the end.
workloads::Timeline timeline_of(std::int64_t kernels) {
  constexpr std::int64_t us = 1'000'000;
  workloads::Timeline timeline{.labels = {"layers"}, .stage_of = {0, 1}, .endpoint_of = {0, 8}};
  timeline.held_always = {sim::Bytes{100}, sim::Bytes{200}};
  timeline.recording.ranks = {0, 1};
  for (std::int32_t rank = 0; rank < 2; ++rank) {
    for (std::int64_t i = 0; i < kernels; ++i) {
      timeline.recording.spans.push_back({.rank = rank,
                                          .label = 0,
                                          .start = sim::Duration{20 * i * us},
                                          .end = sim::Duration{((20 * i) + 10) * us}});
    }
  }
  const sim::Duration end{20 * kernels * us};
  timeline.recording.messages.push_back(
      {.from = 0, .to = 1, .bytes = 1024, .sent = end - sim::Duration{5 * us}, .arrived = end});
  timeline.recording.levels.push_back({.rank = 0, .held = sim::Bytes{50}, .when = {}});
  return timeline;
}

sim::Duration step_of(std::int64_t kernels) {
  return sim::Duration{20 * kernels * 1'000'000};
}

}  // namespace

TEST_CASE("html: nothing in a text is markup, and bytes that are no UTF-8 are replaced") {
  CHECK(escape_html("a<b>&\"'c") == "a&lt;b&gt;&amp;&quot;&#39;c");
  CHECK(escape_html("line\n\ttab") == "line\n\ttab");
  CHECK(escape_html(std::string{"\xff"} + "x") == "\ufffdx");
  CHECK(escape_html(std::string{"\0\x01", 2}) == "\ufffd\ufffd");
}

TEST_CASE("html: JSON in a script has nothing that ends it, and means the same") {
  const Json data{{evil, evil}, {"bytes", "\xff"}};
  const std::string text = script_json(data);
  CHECK(text.find('<') == std::string::npos);
  CHECK(Json::parse(text)[evil] == evil);
}

TEST_CASE("report: one unit for a column, with three digits of its smallest number") {
  CHECK(times_shown({1.5, 22.25}) == "1.50 22.25 | s");
  CHECK(times_shown({0.0015, 0.02}) == "1.50 20.00 | ms");
  CHECK(times_shown({1.234e-6, 2.5e-6}) == "1.23 2.50 | µs");
  // 0.001 ms would need five digits behind the point; with 100 before it, three are left of six.
  CHECK(times_shown({1e-6, 0.1}) == "0.001 100.000 | ms");
  CHECK(times_shown({12345.5, 2}) == "12\u202f345.5 2.0 | s");
  CHECK(times_shown({12345, 2}) == "12\u202f345 2 | s");
}

TEST_CASE("report: rates of computing and energies have prefixes") {
  const auto cells = [](const std::string& key, const std::vector<double>& values) {
    SweepRows rows;
    for (const double each : values) {
      rows.push_back(row_of(rows.size(), Json::object(), {{"step_s", 1.0}, {key, each}}));
    }
    return shown(column_of(rows, key));
  };
  CHECK(cells("cluster_flop_per_s", {1.23457e17, 5e16}) == "123.5 50.0 | PFLOP/s");
  CHECK(cells("cluster_flop_per_s", {1.5e18, 2e18}) == "1.50 2.00 | EFLOP/s");
  CHECK(cells("step_kWh", {0.0015, 0.25}) == "1.50 250.00 | Wh");
  CHECK(cells("step_kWh", {12.5, 20}) == "12.5 20.0 | kWh");
  CHECK(cells("run_MWh", {1500, 2000.5}) == "1.50 2.00 | GWh");
  CHECK(cells("run_MWh", {0, 0}) == "0 | Wh");
}

TEST_CASE("report: numbers with units on an axis are numbers") {
  CHECK(axis_shown({"400 Gbps", "50 Gbps"}) == "400 50 | Gbps");
  CHECK(axis_shown({"1us", "500ns"}) == "1.000 0.500 | µs");
  CHECK(axis_shown({"1 MiB", "64 KiB"}) == "1024 64 | KiB");
  CHECK(axis_shown({"1048576 B", "4194304 B"}) == "1 4 | MiB");
  CHECK(axis_shown({1, 16}) == "1 16 | ");
  CHECK(axis_shown({"16GB/s,150ns", "8GB/s,150ns"}) == "16GB/s,150ns 8GB/s,150ns | ");
  CHECK(axis_shown({"1f1b", "gpipe"}) == "1f1b gpipe | ");
  CHECK(axis_shown({"1f1b", "1f1b"}) == "1f1b 1f1b | ");
  CHECK(axis_shown({"50 GB/s", "fast"}) == "50 GB/s fast | ");
}

TEST_CASE("report: titles are short where that leaves them different") {
  const SweepRows rows{
      row_of(0, {{"layout.tensor", 1}, {"a.seed", 1}, {"b.seed", 1}}, {{"time_s", 1}})};
  CHECK(column_of(rows, "axes.layout.tensor").title == "tensor");
  CHECK(column_of(rows, "axes.a.seed").title == "a.seed");
}

TEST_CASE("report: what is the same in all rows is no column, but how points ended always is") {
  const SweepRows rows{row_of(0, {{"x", 1}}, {{"step_s", 1.0}, {"gpus", 8}, {"fits", true}}),
                       row_of(1, {{"x", 1}}, {{"step_s", 2.0}, {"gpus", 8}, {"fits", true}}),
                       {{"point", 2}, {"axes", {{"x", 1}}}, {"status", "invalid"}}};
  const ReportTable table = report_table(rows, rows);
  CHECK(table.rows == 3);
  std::string keys;
  for (const ReportColumn& column : table.columns) {
    keys += column.key + " ";
  }
  CHECK(keys == "point axes.x step_s fits status ");
  REQUIRE(table.constants.size() == 1);
  CHECK(cell_text(table.constants[0], 0) == "8");
  CHECK(cell_text(table.columns[2], 2).empty());
}

TEST_CASE("report: what is the same in the page's rows alone is a column, axes have all values") {
  const SweepRows sweep{row_of(0, {{"x", 1}}, {{"step_s", 1.0}, {"gpus", 8}, {"PP", 2}}),
                        row_of(1, {{"x", 1}}, {{"step_s", 2.0}, {"gpus", 8}, {"PP", 2}}),
                        row_of(2, {{"x", 4}}, {{"step_s", 3.0}, {"gpus", 16}, {"PP", 2}})};
  const ReportTable table = report_table(ranked(sweep, 2, std::nullopt), sweep);
  CHECK(table.rows == 2);
  REQUIRE(table.constants.size() == 1);
  CHECK(table.constants[0].key == "PP");
  const auto axis = std::ranges::find(table.columns, "axes.x", &ReportColumn::key);
  REQUIRE(axis != table.columns.end());
  CHECK(axis->distinct == 2);
}

TEST_CASE("report: the fastest of those that fit come first, and the chosen one is never cut off") {
  const SweepRows rows{row_of(0, Json::object(), {{"step_s", 3.0}, {"fits", true}}),
                       row_of(1, Json::object(), {{"step_s", 1.0}, {"fits", false}}),
                       row_of(2, Json::object(), {{"step_s", 2.0}, {"fits", true}}),
                       {{"point", 3}, {"axes", Json::object()}, {"status", "invalid"}}};
  const auto order = [](const SweepRows& some) {
    std::string out;
    for (const Json& row : some) {
      out += row["point"].dump();
    }
    return out;
  };
  CHECK(order(ranked(rows, 10, std::nullopt)) == "2013");
  CHECK(order(ranked(rows, 2, std::nullopt)) == "20");
  CHECK(order(ranked(rows, 2, 3)) == "23");
  CHECK(order(ranked(rows, 2, 2)) == "20");
  CHECK(best_point(rows) == 2);
  CHECK(best_point({rows[1], rows[3]}) == std::nullopt);
  // Of collectives the largest, as small messages are always the fastest.
  CHECK(best_point({row_of(0, {}, {{"time_s", 1.0}, {"bytes", 8}}),
                    row_of(1, {}, {{"time_s", 9.0}, {"bytes", 16}}),
                    row_of(2, {}, {{"time_s", 7.0}, {"bytes", 16}})}) == 2);
}

TEST_CASE("report: of steps with unlike many tokens, none is called the best") {
  const auto step = [](std::size_t point, double seconds, double rate) {
    return row_of(point, Json::object(), {{"step_s", seconds}, {"tokens_per_s", rate}});
  };
  const Json failed{{"point", 2}, {"axes", Json::object()}, {"status", "invalid"}};
  CHECK(have_same_tokens({step(0, 2.0, 8.0), step(1, 4.0, 4.0), failed}));
  CHECK(have_same_tokens({step(0, 2.0, 8.0), step(1, 4.0, 4.000001)}));
  CHECK(!have_same_tokens({step(0, 2.0, 8.0), failed, step(1, 4.0, 8.0)}));
  CHECK(have_same_tokens({row_of(0, Json::object(), {{"time_s", 1.0}})}));
}

TEST_CASE("report: words of commands are quoted where a shell would take them apart") {
  CHECK(shell_word("out/sweep-1.yaml") == "out/sweep-1.yaml");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's $HOME") == "'it'\\''s $HOME'");
  CHECK(shell_word("") == "''");
}

TEST_CASE("report: a scenario as YAML is the same scenario when it is read") {
  const auto node = sim::ConfigNode::parse(
      "f",
      "{a: 1, b: {c: '16GB/s,150ns', d: [1, 'x, y', '- z']}, e: 'null', g: {}, 'h: i': \"q\\\"'\","
      " j: '', k: '#n', l: '1:2', m: '@x', n: '...', o: {p: {q: true}}, r: null}");
  const std::string text = to_yaml(node);
  CHECK(sim::ConfigNode::parse("again", text).canonical() == node.canonical());
  CHECK(text.find("a: 1\nb:\n  c: \"16GB/s,150ns\"\n") == 0);
}

TEST_CASE("report: a short step has every bar, and a message where it was sent") {
  const Json json = timeline_json(timeline_of(3), step_of(3), std::nullopt, 100);
  CHECK(json["step_ns"] == 60'000);
  CHECK(json["window_ns"] == Json({0, 60'000}));
  REQUIRE(json["stages"].size() == 2);
  const Json& rows = json["stages"][0]["rows"];
  REQUIRE(rows.size() == 2);
  // Since the begin of the one before, for how long, which name, how many: 20 us apart, 10 us each.
  CHECK(rows[0]["name"] == "kernels");
  CHECK(rows[0]["bars"] == Json({0, 10'000, 0, 1, 20'000, 10'000, 0, 1, 20'000, 10'000, 0, 1}));
  CHECK(rows[1]["name"] == "messages");
  CHECK(rows[1]["bars"] == Json({55'000, 5'000, 1, 1}));
  CHECK(json["names"].dump() == R"([["layers","compute"],["to stage 1, 1 KiB","message"]])");
  CHECK(json["messages"] == Json({{0, 1, 55'000, 60'000}}));
  CHECK(json["stages"][0]["memory"] == Json({0, 150}));
}

TEST_CASE("report: memory that rises and falls within a part of the step is not held after it") {
  // A step of 400 us in 400 parts of 1 us each; 100 bytes are always held.
  constexpr std::int64_t ns = 1000;
  workloads::Timeline timeline = timeline_of(20);
  timeline.recording.levels.clear();
  const auto hold = [&](std::int64_t when, std::int64_t bytes) {
    timeline.recording.levels.push_back(
        {.rank = 0, .held = sim::Bytes{bytes}, .when = sim::Duration{when * ns}});
  };
  hold(0, 10);
  hold(10'200, 70);  // rises and falls in part 10
  hold(10'800, 20);
  hold(20'500, 90);  // rises in part 20, falls in the next one, and is level from then on
  hold(21'500, 30);
  hold(300'500, 5);  // after a gap, falls: in part 300 the 30 bytes are still there
  const Json json = timeline_json(timeline, step_of(20), std::nullopt, 100);
  CHECK(json["stages"][0]["memory"] == Json({0, 110, 10'000, 170, 11'000, 120, 20'000, 190,  //
                                             22'000, 130, 301'000, 105}));
}

TEST_CASE("report: of a long step the middle is whole, and what is around it is drawn together") {
  constexpr std::int64_t kernels = 10'000;
  const Json json = timeline_json(timeline_of(kernels), step_of(kernels), std::nullopt, 200);
  const std::int64_t begin = json["window_ns"][0];
  const std::int64_t end = json["window_ns"][1];
  // 200 bars of two stages, one every 20 us in each: 2 ms around the middle of 200 ms.
  CHECK(begin == doctest::Approx(99e6).epsilon(0.001));
  CHECK(end - begin == doctest::Approx(2e6).epsilon(0.02));
  std::size_t inside = 0;
  std::size_t outside = 0;
  for (const Json& stage : json["stages"]) {
    const Json& bars = stage["rows"][0]["bars"];
    std::int64_t at = 0;
    std::int64_t count = 0;
    for (std::size_t i = 0; i < bars.size(); i += 4) {
      at += bars[i].get<std::int64_t>();
      count += bars[i + 3].get<std::int64_t>();
      const bool is_inside = at >= begin && at < end;
      CHECK((!is_inside || bars[i + 3] == 1));
      ++(is_inside ? inside : outside);
    }
    CHECK(count == kernels);  // none is lost
  }
  CHECK(inside == doctest::Approx(200).epsilon(0.02));
  CHECK(outside <= 200);
}

TEST_CASE("report: bars drawn as one are of the category with the most time, not of the first") {
  // In a step of 20 ms, what is closer than 1 us is drawn as one. A kernel of 900 ns, and three of
  // the optimizer of 400 ns each, 100 ns apart: 1200 ns of the optimizer. The window is elsewhere.
  constexpr std::int64_t ns = 1000;
  workloads::Timeline timeline{.labels = {}, .stage_of = {0}, .endpoint_of = {0}};
  timeline.held_always = {sim::Bytes{0}};
  timeline.recording.ranks = {0};
  const auto add = [&](std::uint8_t category, std::int64_t begin, std::int64_t end) {
    timeline.recording.spans.push_back({.rank = 0,
                                        .category = category,
                                        .start = sim::Duration{begin * ns},
                                        .end = sim::Duration{end * ns}});
  };
  constexpr std::uint8_t optimizer = 2;
  add(0, 0, 900);
  add(optimizer, 1000, 1400);
  add(optimizer, 1500, 1900);
  add(optimizer, 2000, 2400);
  const TimeWindow window{sim::Duration{5'000'000 * ns}, sim::Duration{6'000'000 * ns}};
  const Json json = timeline_json(timeline, sim::Duration{20'000'000 * ns}, window, 100);
  const Json& bars = json["stages"][0]["rows"][0]["bars"];
  REQUIRE(bars.size() == 4);
  CHECK(bars[3] == 4);
  CHECK(json["names"][bars[2].get<std::size_t>()][1] == "optimizer");
}

TEST_CASE("report: a window that is asked for is whole, wherever it is") {
  constexpr std::int64_t us = 1'000'000;
  const TimeWindow window{sim::Duration{100 * us}, sim::Duration{200 * us}};
  const Json json = timeline_json(timeline_of(1000), step_of(1000), window, 50);
  CHECK(json["window_ns"] == Json({100'000, 200'000}));
  const Json& bars = json["stages"][1]["rows"][0]["bars"];
  std::int64_t at = 0;
  int inside = 0;
  for (std::size_t i = 0; i < bars.size(); i += 4) {
    at += bars[i].get<std::int64_t>();
    inside += at >= 100'000 && at < 200'000 ? 1 : 0;
  }
  CHECK(inside == 5);
}

TEST_CASE("report: the page is filled, ends where it should, and has no texts as markup") {
  Report report{.origin = {.file = "dir/" + evil + ".yaml",
                           .text = "base: " + evil,
                           .directory = "/",
                           .settings = {"a=" + evil},
                           .output = "out"}};
  report.description = evil;
  report.points = 1;
  report.statuses = {{evil, 1}};
  const SweepRows rows{row_of(0, {{evil, evil}}, {{"message", evil}})};
  report.table = report_table(rows, rows);
  const std::string page = report_page(report);
  CHECK(page.starts_with("<!doctype html>"));
  CHECK(page.ends_with("</html>\n"));
  CHECK(page.find("<b id") == std::string::npos);
  CHECK(page.find("{{data}}") != std::string::npos);  // the text, not replaced once more
  CHECK(page.find("{{title}}") == std::string::npos);
  // Scripts: data, charts, and the page's own; none of them ends early.
  std::size_t ends = 0;
  for (std::size_t at = page.find("</script"); at != std::string::npos;
       at = page.find("</script", at + 1)) {
    ++ends;
  }
  CHECK(ends == 3);
  CHECK(page == report_page(report));
}

TEST_CASE("report: the page loads nothing") {
  const ReportAssets assets = report_assets();
  for (const std::string_view part : {assets.page, assets.style, assets.script}) {
    for (const std::string_view word : {"http:", "https:", "@import", "url(", "src=", "fetch("}) {
      CHECK(part.find(word) == std::string_view::npos);
    }
  }
  CHECK(assets.page.find("default-src 'none'") != std::string_view::npos);
  CHECK(assets.charts.find("</script") == std::string_view::npos);
  CHECK(assets.charts.size() > 500'000);
}
