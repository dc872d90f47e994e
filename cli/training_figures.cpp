#include "cli/training_figures.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace cli {
namespace {

/// What x, and the number in the series, say.
enum class Axes : std::uint8_t {
  micro_batch,          // x; the batch is as large, or that of the series
  pipeline_weak,        // x: stages, each with as many layers; the series: the batch
  batch,                // x
  pipeline_and_tensor,  // x: "(PP,TP)"; the series: the batch
  pipeline_and_data,    // likewise
  tensor_and_data,      // likewise
};

/// The setting of a figure, from its caption and the text around it.
struct Figure {
  std::string_view name;
  Axes axes;
  std::int32_t layers;
  std::int32_t hidden;
  std::int32_t heads;
  std::int32_t gpus;
  std::int32_t tensor;
  std::int32_t pipeline;
};

/// Figure 16's model of 91 billion parameters is not described; 72 layers of 10,240 have as many.
constexpr std::array figures{
    Figure{"Fig7", Axes::micro_batch, 4, 4096, 128, 1, 1, 1},
    Figure{"Fig11", Axes::pipeline_weak, 3, 20480, 128, 8, 8, 1},
    Figure{"Fig12", Axes::batch, 96, 12288, 96, 96, 8, 12},
    Figure{"Fig13", Axes::pipeline_and_tensor, 32, 20480, 128, 64, 1, 1},
    Figure{"Fig14", Axes::pipeline_and_data, 32, 3840, 32, 64, 1, 1},
    Figure{"Fig15", Axes::tensor_and_data, 32, 3840, 32, 64, 1, 1},
    Figure{"Fig16", Axes::micro_batch, 72, 10240, 80, 64, 8, 8},
    Figure{"Fig17", Axes::batch, 80, 12288, 96, 128, 8, 16},
    Figure{"Fig18", Axes::batch, 96, 12288, 96, 96, 8, 12},
};

/// The whole numbers in a text, in order.
std::vector<std::int32_t> numbers_in(std::string_view text) {
  std::vector<std::int32_t> out;
  for (const char* at = text.data(); at != text.data() + text.size();) {
    std::int32_t value = 0;
    const auto [next, error] = std::from_chars(at, text.data() + text.size(), value);
    if (error == std::errc{} && value > 0) {
      out.push_back(value);
      at = next;
    } else {
      ++at;
    }
  }
  return out;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void set_axes(const Figure& figure, const std::vector<std::int32_t>& x, std::int32_t batch,
              MeasuredStep& step) {
  switch (figure.axes) {
    case Axes::micro_batch:
      step.micro_batches = {x.front()};
      step.global_batch = figure.gpus > 1 ? batch : x.front();
      break;
    case Axes::pipeline_weak:
      step.pipeline = x.front();
      step.gpus *= x.front();
      step.layers *= x.front();
      step.global_batch = batch;
      break;
    case Axes::batch:
      step.global_batch = x.front();
      break;
    case Axes::pipeline_and_tensor:
      step.pipeline = x.front();
      step.tensor = x.back();
      step.global_batch = batch;
      break;
    case Axes::pipeline_and_data:
      step.pipeline = x.front();
      step.data = x.back();
      step.global_batch = batch;
      break;
    case Axes::tensor_and_data:
      step.tensor = x.front();
      step.data = x.back();
      step.global_batch = batch;
      break;
  }
}

/// Schedule, recomputation and messages, as the series says.
void set_software(const Figure& figure, std::string_view series, MeasuredStep& step) {
  const bool is_interleaved =
      figure.name == "Fig18" || (contains(series, "interleaved") && !contains(series, "non-"));
  if (is_interleaved) {
    step.chunks = possible_chunks(step.layers, step.pipeline);
    step.chunks.erase(step.chunks.begin());
  }
  step.software = "megatron-2021";
  if (contains(series, "no scatter")) {
    step.software = "{like: megatron-2021, split_messages: false}";
  }
  if (contains(series, "without recompute")) {
    step.software = "{like: megatron-2021, recompute: none}";
  }
}

}  // namespace

MeasuredStep from_figure(const CsvTable& table, std::size_t row) {
  const std::string& name = table.at(row, "figure");
  const std::string y = table.has("y") ? "y" : "y (two independent readings averaged, +-3)";
  MeasuredStep step{.table = fmt::format("Megatron-LM SC 2021, {}", name)};
  for (const std::string_view column : {"figure", "series", "x"}) {
    step.identity.emplace_back(column, table.at(row, column));
  }
  const auto* const figure = std::ranges::find(figures, name, &Figure::name);
  const std::vector<std::int32_t> x = numbers_in(table.at(row, "x"));
  if (figure == figures.end() || x.empty()) {
    step.passed_over = "not a step that is described";
    return step;
  }
  if (numbers_in(table.at(row, y)).empty()) {
    step.passed_over = "no figure";
    return step;
  }
  step.is_certain = false;  // read off a plot, to 3 TFLOP/s
  step.reference = number_in(table, row, y);
  step.measure = figure->axes == Axes::batch && name == "Fig17" ? Measure::sequences_per_s
                                                                : Measure::megatron_tflops;
  step.nic_gbps = 200;
  step.gpus = figure->gpus;
  step.layers = figure->layers;
  step.sequence = 2048;
  step.tensor = figure->tensor;
  step.pipeline = figure->pipeline;
  const std::vector<std::int32_t> series = numbers_in(table.at(row, "series"));
  set_axes(*figure, x, series.empty() ? 0 : series.back(), step);
  set_software(*figure, table.at(row, "series"), step);
  step.model = gpt_model({.layers = step.layers,
                          .hidden = figure->hidden,
                          .heads = figure->heads,
                          .sequence = step.sequence});
  return step;
}

}  // namespace cli
