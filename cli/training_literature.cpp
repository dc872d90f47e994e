#include "cli/training_literature.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"

namespace cli {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Models that rows name without a shape, and what they are called in configs/models.
struct NamedModel {
  std::string_view name;
  std::string_view file;
  std::int32_t layers;
};
constexpr std::array named_models{
    NamedModel{"GPT3-5B", "gpt3-5b", 24},
    NamedModel{"GPT3-20B", "gpt3-20b", 44},
    NamedModel{"GPT3-175B", "gpt3-175b", 96},
    NamedModel{"LLAMA2-7B", "llama-2-7b", 32},
    NamedModel{"LLAMA2-13B", "llama-2-13b", 40},
    NamedModel{"LLAMA2-70B", "llama-2-70b", 80},
    NamedModel{"LLAMA3-8B", "llama-3.1-8b", 32},
    NamedModel{"LLAMA3-70B", "llama-3.1-70b", 80},
    NamedModel{"Nemotron-8B", "nemotron-8b", 32},
    NamedModel{"Nemotron-22B", "nemotron-22b", 40},
    NamedModel{"Llama3-405B", "llama-3.1-405b", 126},
    NamedModel{"BLOOM 176B", "bloom-176b", 70},
    NamedModel{"OPT-175B", "opt-175b", 96},
};

/// What ran in the rows of a source: software, with what is said beside it; whether TP's ranks
/// split the sequence; and who holds the optimiser's state.
struct Recipe {
  std::string software;
  bool is_sequence_parallel = false;
  std::string_view sharding = "none";
};

/// MegaScale's table 3 adds one thing after the other, in this order.
Recipe ablation(std::string_view id) {
  constexpr std::array<std::string_view, 9> added{
      "",  // Megatron-LM
      "",  // the parallel block: of the model
      "",  // sliding windows, likewise
      ", overlap_tensor: all",
      ", overlap_pipeline: true, synchronises: false",
      ", overlap_data: true",
      ", fused_attention: true, fused_cross_entropy: true, memory_rate: 1, recompute: none",
      ", launch: 30 us, collective_launch: 50 us",
      "",  // LAMB: batches of three times as many
  };
  const auto last = static_cast<std::size_t>(id.back() - '0');
  std::string text = "{like: megatron-2023";
  for (std::size_t i = 0; i <= last && i < added.size(); ++i) {
    text += added.at(i);
  }
  return {text + "}", true, "optimizer"};
}

Recipe recipe_of(const CsvTable& table, std::size_t row) {
  const std::string& id = table.at(row, "id");
  const std::string& source = table.at(row, "source");
  const std::string& features = table.at(row, "schedule_features");
  const std::string& recompute = table.at(row, "recompute");
  if (contains(features, "ZeRO-3")) {
    return {"deepspeed-zero3", false, "weights"};
  }
  if (contains(source, "README Jan 2021")) {
    return {"{like: megatron-2021, split_messages: false}"};
  }
  if (contains(source, "SC21")) {
    return {"megatron-2021"};
  }
  if (contains(source, "Korthikanti")) {
    const bool splits = contains(recompute, "SP");
    return {fmt::format("{{like: megatron-2022, recompute: {}}}",
                        recompute.substr(0, recompute.find('+'))),
            splits};
  }
  if (contains(source, "MT-NLG")) {
    return {"{like: megatron-deepspeed, precision: bfloat16, gradient_bytes: 4}", false,
            contains(features, "ZeRO-1") ? "optimizer" : "none"};
  }
  if (contains(source, "BLOOM")) {
    return {"megatron-deepspeed-bf16", false, "optimizer"};
  }
  if (id.starts_with("megascale_abl_")) {
    return ablation(id);
  }
  if (contains(source, "MegaScale")) {
    return {contains(id, "_Megatron-LM_") ? "megatron-2023" : "megascale", true, "optimizer"};
  }
  if (contains(source, "Megatron-Core")) {
    return {"megatron-core-2024", true, "optimizer"};
  }
  if (contains(source, "NeMo 24")) {
    return {table.at(row, "precision") == "fp8" ? "nemo-2407" : "megatron-core-2024", true,
            "optimizer"};
  }
  if (contains(source, "Llama 3")) {
    return {"llama-3", true, "optimizer"};
  }
  if (contains(source, "OPT")) {
    return {"{like: megatron-2021, overlap_data: true}", false, "weights"};
  }
  return {};
}

/// Further keys of a model. MegaScale's own ones have a parallel block and, from some row on, a
/// window of a quarter of the sequence (the paper says "much smaller").
std::string more_of_model(std::string_view id) {
  if (id.starts_with("mcore")) {
    return ", tied: false";  // 1.7 billion parameters need both
  }
  const bool is_own = contains(id, "_MegaScale_");
  const int added = id.starts_with("megascale_abl_") ? id.back() - '0' : 0;
  std::string more;
  if (is_own || added >= 1) {
    more += ", parallel_block: true";
  }
  if (is_own || added >= 2) {
    more += ", window: 512";
  }
  return more;
}

std::string_view gpu_of(std::string_view text) {
  if (text.starts_with("A100")) {
    return contains(text, "40GB") ? "a100-sxm-40gb" : "a100-sxm-80gb";
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> others{
      {{"H100", "h100-sxm-80gb"},
       {"H800", "h800-sxm-80gb"},
       {"H200", "h200-sxm-141gb"},
       {"B200", "b200-sxm-180gb"},
       {"V100", "v100-sxm2-32gb"}}};
  for (const auto& [name, file] : others) {
    if (text.starts_with(name)) {
      return file;
    }
  }
  return {};
}

/// Gb/s of a GPU: eight a server share what the network says, or what such servers have: a NIC of
/// 200 or 400 Gb/s each, and in those of V100 four of 100 together.
std::int32_t nic_gbps(std::string_view network, std::string_view gpu) {
  constexpr std::int32_t ndr = 400;
  constexpr std::int32_t hdr = 200;
  constexpr std::int32_t half_edr = 50;
  if (contains(network, "4x100G") || gpu.starts_with("v")) {
    return half_edr;
  }
  return gpu.starts_with("a") ? hdr : ndr;
}

/// The figure to compare with: what was measured before what was worked out from it.
bool set_reference(const CsvTable& table, std::size_t row, MeasuredStep& step) {
  struct Column {
    std::string_view name;
    Measure measure;
  };
  const std::string& definition = table.at(row, "flops_def");
  const bool counts_again =
      contains(definition, "incl. recompute") || contains(definition, "same as SC21");
  // Of Llama 3 the paper does not say. Its rate falls from 430 to 380 where sequences grow to
  // 131,072 tokens; if what is masked was counted, more than half of all then, it would rise.
  const Measure counted =
      contains(table.at(row, "source"), "Llama 3") ? Measure::causal_tflops : Measure::model_tflops;
  const Measure tflops = counts_again ? Measure::megatron_tflops : counted;
  const bool is_derived = contains(table.at(row, "note"), "iter_time derived") ||
                          table.at(row, "where").starts_with("Table 2 / Fig 10");
  const std::array columns{
      Column{is_derived ? "tflops_per_gpu" : "iter_time_s", is_derived ? tflops : Measure::seconds},
      Column{"tflops_per_gpu", tflops}, Column{"mfu_pct", Measure::model_percent},
      Column{"tokens_per_s_total", Measure::tokens_per_s}};
  for (const auto& [name, measure] : columns) {
    if (!table.at(row, name).empty()) {
      step.reference = number_in(table, row, name);
      step.measure = measure;
      return true;
    }
  }
  return false;
}

/// Sequences of a batch, which is said in sequences, or in tokens: "4M tokens", of 2^20 each.
std::int32_t batch_of(const CsvTable& table, std::size_t row, std::int32_t sequence) {
  const std::string& text = table.at(row, "gbs");
  constexpr std::string_view unit = "M tokens";
  if (!text.ends_with(unit)) {
    return count_or(table, row, "gbs", 1);
  }
  const auto millions = sim::parse_number(text.substr(0, text.size() - unit.size())).value;
  constexpr double mebi = 1 << 20;
  if (!millions || *millions <= 0) {
    table.fail(row, "gbs",
               fmt::format("expected a number of sequences, or of tokens, got '{}'", text));
  }
  return static_cast<std::int32_t>(*millions * mebi / sequence);
}

/// The model: of its shape, or of its name. False if a row says neither.
bool set_model(const CsvTable& table, std::size_t row, MeasuredStep& step) {
  const auto number = [&](std::string_view column) { return count_or(table, row, column, 0); };
  const std::string& name = table.at(row, "model");
  if (table.at(row, "seq").empty()) {
    return false;
  }
  step.sequence = number("seq");
  if (const auto* const named = std::ranges::find(named_models, name, &NamedModel::name);
      named != named_models.end()) {
    step.layers = named->layers;
    step.model = named->file;
    return true;
  }
  const bool is_gpt = contains(name, "GPT") || contains(name, "MT-NLG") ||
                      contains(table.at(row, "source"), "MegaScale");
  if (!is_gpt || number("layers") == 0 || number("hidden") == 0 || number("heads") == 0) {
    return false;
  }
  const std::string& vocabulary = table.at(row, "vocab");
  constexpr std::int32_t padded = 51200;
  step.layers = number("layers");
  step.model = gpt_model(
      {.layers = step.layers,
       .hidden = number("hidden"),
       .heads = number("heads"),
       .sequence = step.sequence,
       .vocabulary = vocabulary.empty() || vocabulary == "50257" ? padded : number("vocab"),
       .more = more_of_model(table.at(row, "id"))});
  return true;
}

}  // namespace

MeasuredStep from_literature(const CsvTable& table, std::size_t row) {
  const std::string& source = table.at(row, "source");
  const std::string& where = table.at(row, "where");
  MeasuredStep step{.table = fmt::format("{}, {}", source.substr(0, source.find(" arXiv")),
                                         where.substr(0, where.find(" (")))};
  for (const std::string_view column : {"id", "source", "where", "model", "gpu", "gpus"}) {
    step.identity.emplace_back(column, table.at(row, column));
  }
  step.is_certain = table.at(row, "confidence").starts_with("high");
  const Recipe recipe = recipe_of(table, row);
  const std::string_view gpu = gpu_of(table.at(row, "gpu"));
  if (gpu.empty()) {
    step.passed_over = fmt::format("no costs of a {}", table.at(row, "gpu"));
  } else if (recipe.software.empty()) {
    step.passed_over = "its software is not described";
  } else if (table.at(row, "TP").empty() || table.at(row, "PP").empty()) {
    step.passed_over = "its layout is not published";
  } else if (table.at(row, "gbs").empty()) {
    step.passed_over = "its batch is not published";
  } else if (!set_model(table, row, step)) {
    step.passed_over = "its model has no shape here";
  } else if (!set_reference(table, row, step)) {
    step.passed_over = "no figure";
  }
  if (!step.passed_over.empty()) {
    return step;
  }
  const auto number_or = [&](std::string_view column, std::int32_t other) {
    return count_or(table, row, column, other);
  };
  step.gpu = gpu;
  step.nic_gbps = nic_gbps(table.at(row, "network"), step.gpu);
  step.software = recipe.software;
  step.gpus = number_or("gpus", 1);
  step.tensor = number_or("TP", 1);
  step.pipeline = number_or("PP", 1);
  const std::int32_t context = number_or("CP", 1);
  step.data = step.gpus / (step.tensor * step.pipeline * context);
  step.global_batch = batch_of(table, row, step.sequence);
  step.micro_batches = {1, 2, 4, 8};
  if (!table.at(row, "mbs").empty()) {
    step.micro_batches = {number_or("mbs", 1)};
  }
  const std::string& features = table.at(row, "schedule_features");
  if (!table.at(row, "VP").empty()) {
    step.chunks = {number_or("VP", 1)};
  } else if (contains(features, "nterleaved")) {
    step.chunks = possible_chunks(step.layers, step.pipeline);
  }
  step.layout = fmt::format(", context: {}, sequence_parallel: {}, sharding: {}", context,
                            recipe.is_sequence_parallel && step.tensor > 1, recipe.sharding);
  return step;
}

}  // namespace cli
