#pragma once
// Training steps that others measured, in the tables that they are known by:
//
//     id,source,where,model,params_B,layers,hidden,...          figures from papers, a row each
//     Parameters (billion),# GPUs,global batch,...              iteration times of one cluster
//     figure,what,config,series,x,y                             read off the figures of SC 2021
//     table,model,method,gpus,seq,gbs,CP,TP,EP,PP,ETP,MFU_pct   mixtures of experts
//
// Each row becomes a scenario, as a user would write it. A micro-batch that a table does not say,
// and chunks of a schedule that it calls interleaved, are what is fastest of all that fits, as
// those who measured would have chosen. Which software ran is a matter of the source: see
// configs/software.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/csv_input.hpp"

namespace cli {

/// What a figure counts.
enum class Measure : std::uint8_t {
  seconds,
  milliseconds,
  megatron_tflops,  // per GPU, with the operations of SC 2021, equation 3
  model_tflops,     // per GPU, recomputation not counted
  causal_tflops,    // likewise, and what is masked not either
  model_percent,    // of the peak (MFU)
  tokens_per_s,     // of all GPUs
  sequences_per_s,
};

/// The step of a row, still open in what the row does not say.
struct MeasuredStep {
  std::string table;                                            // what it belongs to
  std::vector<std::pair<std::string, std::string>> identity{};  // column and value
  std::string passed_over{};                                    // why it is not compared, if so
  bool is_certain = true;                                       // the figure is published as such
  Measure measure{};
  double reference = 0;
  std::string model{};  // a name, or a mapping in one line
  std::int32_t layers = 0;
  std::int32_t sequence = 0;
  std::string gpu{"a100-sxm-80gb"};
  std::int32_t gpus = 0;
  std::int32_t nic_gbps = 0;  // of a GPU's own NIC, or its share of those of its server
  std::string software{};     // a name, or a mapping in one line
  std::int32_t tensor = 1;
  std::int32_t data = 1;
  std::int32_t pipeline = 1;
  std::int32_t global_batch = 1;
  std::string layout{};                        // further keys, each behind a comma
  std::vector<std::int32_t> micro_batches{1};  // that come into question
  std::vector<std::int32_t> chunks{1};

  struct Choice {
    std::int32_t micro_batch = 1;
    std::int32_t chunks = 1;
  };
  /// Those that go with the batch and the layers.
  [[nodiscard]] std::vector<Choice> choices() const;

  /// The scenario as YAML.
  [[nodiscard]] std::string scenario(Choice choice) const;
};

/// A model of the style of GPT, in one line. `more`: further keys, each behind a comma.
struct GptShape {
  std::int32_t layers = 0;
  std::int32_t hidden = 0;
  std::int32_t heads = 0;
  std::int32_t sequence = 0;
  std::int32_t vocabulary = 51200;
  std::string more{};
};
[[nodiscard]] std::string gpt_model(const GptShape& shape);

/// The field as a number above 0. Throws sim::Error at anything else.
[[nodiscard]] double number_in(const CsvTable& table, std::size_t row, std::string_view column);

/// The field as a whole number from 1 on; `other` if it is empty, or the table has no such column.
/// Throws sim::Error at anything else.
[[nodiscard]] std::int32_t count_or(const CsvTable& table, std::size_t row, std::string_view column,
                                    std::int32_t other);

/// Chunks per stage that come into question: all that leave at least two layers in each, or one if
/// a stage has an odd number of them.
[[nodiscard]] std::vector<std::int32_t> possible_chunks(std::int32_t layers, std::int32_t pipeline);

/// Is this a table of one of these forms?
[[nodiscard]] bool is_training_table(const CsvTable& table);

/// The step of a row. Throws sim::Error at missing columns, and fields that are no numbers where
/// they must be.
[[nodiscard]] MeasuredStep measured_step(const CsvTable& table, std::size_t row);

}  // namespace cli
