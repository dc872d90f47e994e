#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calibration/profile_parts.hpp"
#include "sim/text_list.hpp"

namespace calibration {
namespace {

constexpr double us = 1e6;
// Of logarithms, and how far they reach: no fit is near these.
constexpr double smallest = 1e-12;
constexpr double largest = 1e12;
constexpr std::int64_t samples_most = 1'000'000'000;

/// A reach as YAML has it: `equal`, `any` or a number.
std::string reach_text(double reach) {
  if (reach == Kriging::equal) {
    return "equal";
  }
  return reach == Kriging::any ? "any" : fmt::format("{}", reach);
}

double read_reach(const sim::ConfigNode& node) {
  const std::string text = node.text();
  if (text == "equal") {
    return Kriging::equal;
  }
  return text == "any" ? Kriging::any : node.number(smallest, largest);
}

/// "4096 12.5": so many words, each a node of its own.
std::vector<sim::ConfigNode> read_words(const sim::ConfigNode& node, std::size_t count) {
  const std::string text = node.text();
  const std::vector<std::string_view> words = sim::split(text, ' ');
  if (words.size() != count) {
    node.fail(fmt::format("expected {} numbers, found {}", count, words.size()));
  }
  std::vector<sim::ConfigNode> out;
  for (const std::string_view word : words) {
    out.push_back(node.part(std::string{word}));
  }
  return out;
}

/// A measured time in microseconds, as seconds.
double read_us(const sim::ConfigNode& node) {
  return node.number(KernelBounds::seconds_least * us, KernelBounds::seconds_most * us) / us;
}

void expect_some(const sim::ConfigNode& list, std::size_t count) {
  if (count == 0) {
    list.fail("expected at least one sample");
  }
}

/// In quotes; "unknown" for what a machine did not say.
std::string said(std::string_view text) {
  return quoted(text.empty() ? "unknown" : text);
}

}  // namespace

std::string settings_text(const Kriging::Settings& settings, std::string_view indent) {
  std::string out = fmt::format("{0}noise: {1}\n{0}parts:\n", indent, settings.noise);
  for (const Kriging::Part& part : settings.parts) {
    out += fmt::format("{}  - {{deviation: {}, reach: [", indent, part.deviation);
    for (std::size_t d = 0; d < part.reach.size(); ++d) {
      out += (d > 0 ? ", " : "") + reach_text(part.reach[d]);
    }
    out += "]}\n";
  }
  return out;
}

Kriging::Settings read_settings(const sim::ConfigNode& node, std::size_t dimensions) {
  node.expect_keys({"noise", "parts"});
  Kriging::Settings settings{.parts = {}, .noise = node.at("noise").number(smallest, largest)};
  for (const sim::ConfigNode& each : node.at("parts").items()) {
    each.expect_keys({"deviation", "reach"});
    Kriging::Part part{.deviation = each.at("deviation").number(0, largest), .reach = {}};
    for (const sim::ConfigNode& reach : each.at("reach").items()) {
      part.reach.push_back(read_reach(reach));
    }
    if (part.reach.size() != dimensions) {
      each.at("reach").fail(
          fmt::format("expected {} numbers, found {}", dimensions, part.reach.size()));
    }
    settings.parts.push_back(std::move(part));
  }
  if (settings.parts.empty()) {
    node.at("parts").fail("expected at least one part");
  }
  return settings;
}

std::string curve_text(const ProfiledCurve& curve) {
  const CurveFit::Numbers& numbers = curve.fit.numbers();
  std::string out = fmt::format(
      "      - op: {}\n        dtype: {}\n        variant: {}\n        fitted: {}\n"
      "        held_out: {}\n"
      "        numbers: {{latency_s: {}, bandwidth_Bps: {}, sharpness: {}}}\n"
      "        beside:  # over log2 bytes\n{}        samples:  # bytes, microseconds\n",
      curve.op, said(curve.dtype), said(curve.variant), errors_text(curve.fitted),
      errors_text(curve.held_out), numbers.latency_s, numbers.bandwidth_Bps, numbers.sharpness,
      settings_text(curve.fit.settings(), "          "));
  for (const CurveSample& sample : curve.fit.samples()) {
    out += fmt::format("          - {} {:.9g}\n", sample.bytes, sample.seconds * us);
  }
  return out;
}

ProfiledCurve read_curve(const sim::ConfigNode& node) {
  node.expect_keys(
      {"op", "dtype", "variant", "fitted", "held_out", "numbers", "beside", "samples"});
  const sim::ConfigNode numbers = node.at("numbers");
  numbers.expect_keys({"latency_s", "bandwidth_Bps", "sharpness"});
  std::vector<CurveSample> samples;
  for (const sim::ConfigNode& sample : node.at("samples").items()) {
    const std::vector<sim::ConfigNode> words = read_words(sample, 2);
    samples.push_back({words[0].number(1, CollectiveBounds::bytes_most), read_us(words[1])});
  }
  expect_some(node.at("samples"), samples.size());
  constexpr double latency_least = 1e-15;
  constexpr double bandwidth_least = 1e-3;
  constexpr double bandwidth_most = 1e18;
  constexpr double sharpness_least = 1e-3;
  constexpr double sharpness_most = 1e3;
  return {
      .op = node.at("op").text(),
      .dtype = node.at("dtype").text(),
      .variant = node.at("variant").text(),
      .fit =
          CurveFit{
              {.latency_s =
                   numbers.at("latency_s").number(latency_least, KernelBounds::seconds_most),
               .bandwidth_Bps = numbers.at("bandwidth_Bps").number(bandwidth_least, bandwidth_most),
               .sharpness = numbers.at("sharpness").number(sharpness_least, sharpness_most)},
              read_settings(node.at("beside"), 1),
              samples},
      .fitted = read_errors(node.at("fitted")),
      .held_out = read_errors(node.at("held_out"))};
}

std::string cost_text(const ProfiledCost& cost) {
  return fmt::format(
      "      - {{op: {}, seconds: {:.9g}, p5_s: {:.9g}, p95_s: {:.9g}, samples: {}}}\n", cost.op,
      cost.seconds, cost.p5_s, cost.p95_s, cost.samples);
}

ProfiledCost read_cost(const sim::ConfigNode& node) {
  node.expect_keys({"op", "seconds", "p5_s", "p95_s", "samples"});
  const auto seconds = [&](std::string_view key) {
    return node.at(key).number(0, KernelBounds::seconds_most);
  };
  return {.op = node.at("op").text(),
          .seconds = seconds("seconds"),
          .p5_s = seconds("p5_s"),
          .p95_s = seconds("p95_s"),
          .samples = node.at("samples").integer(0, samples_most)};
}

std::string contention_text(const ProfiledContention& contention) {
  std::string out = fmt::format(
      "    contention:\n      processors: {}\n      held: {}  # by a block\n      fitted: {}\n"
      "      samples:  # m, n, k, blocks, microseconds beside them, and alone\n",
      contention.fit.processors(), contention.fit.held(), errors_text(contention.fitted));
  for (const ContentionSample& sample : contention.fit.samples()) {
    out += fmt::format("        - {} {} {:.9g} {:.9g}\n", fmt::join(sample.shape, " "),
                       sample.blocks, sample.seconds * us, sample.alone_s * us);
  }
  return out;
}

ProfiledContention read_contention(const sim::ConfigNode& node) {
  node.expect_keys({"processors", "held", "fitted", "samples"});
  std::vector<ContentionSample> samples;
  for (const sim::ConfigNode& sample : node.at("samples").items()) {
    constexpr std::size_t fields = 6;
    const std::vector<sim::ConfigNode> words = read_words(sample, fields);
    const auto size = [&](std::size_t word, std::int64_t least) {
      return static_cast<double>(words[word].integer(least, KernelBounds::size_most));
    };
    samples.push_back({.shape = {size(0, 1), size(1, 1), size(2, 1)},
                       .blocks = size(3, 0),
                       .seconds = read_us(words[4]),
                       .alone_s = read_us(words[5])});
  }
  expect_some(node.at("samples"), samples.size());
  constexpr std::int64_t processors_most = 100'000;
  return {.fit = ContentionFit{static_cast<std::int32_t>(
                                   node.at("processors").integer(1, processors_most)),
                               node.at("held").number(0, largest), samples},
          .fitted = read_errors(node.at("fitted"))};
}

std::string measured_text(const MeasuredOn& measured) {
  return fmt::format(
      "    measured:\n      gpu_uuid: {}\n      driver: {}\n      cuda: {}\n      cublas: {}\n"
      "      nccl: {}\n      date: {}\n      command: {}\n      host: {}\n",
      said(measured.gpu_uuid), said(measured.driver), said(measured.cuda), said(measured.cublas),
      said(measured.nccl), said(measured.date), said(measured.command), said(measured.host));
}

MeasuredOn read_measured_on(const sim::ConfigNode& node) {
  node.expect_keys({"gpu_uuid", "driver", "cuda", "cublas", "nccl", "date", "command", "host"});
  const auto text = [&](std::string_view key) { return node.at(key).text(); };
  return {.gpu_uuid = text("gpu_uuid"),
          .driver = text("driver"),
          .cuda = text("cuda"),
          .cublas = text("cublas"),
          .nccl = text("nccl"),
          .date = text("date"),
          .command = text("command"),
          .host = text("host")};
}

}  // namespace calibration
