#include "workloads/layout.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "sim/contract.hpp"

namespace workloads {
namespace {

/// The grid that a dimension belongs to, from the innermost dimension out.
std::vector<Dimension> grid_of(const Layout& layout, Dimension dimension) {
  if (dimension < Dimension::expert_tensor && dimension != Dimension::pipeline) {
    return {layout.order.begin(), layout.order.end()};
  }
  std::vector<Dimension> out;
  for (const Dimension each : layout.order) {
    if (each == Dimension::tensor) {
      out.insert(out.end(), {Dimension::expert_tensor, Dimension::expert});
    } else if (each == Dimension::data) {
      out.push_back(Dimension::expert_data);
    } else if (each == Dimension::pipeline) {
      out.push_back(each);
    }
  }
  return out;
}

/// How far apart two neighbours along a dimension are.
std::int32_t stride_of(const Layout& layout, const std::vector<Dimension>& grid,
                       Dimension dimension) {
  std::int32_t stride = 1;
  for (const Dimension each : grid) {
    if (each == dimension) {
      return stride;
    }
    stride *= layout.size(each);
  }
  sim::require(false, "a dimension is in its grid");
  return 0;
}

}  // namespace

std::int32_t Layout::size(Dimension dimension) const {
  switch (dimension) {
    case Dimension::tensor:
      return tensor;
    case Dimension::context:
      return context;
    case Dimension::data:
      return data;
    case Dimension::pipeline:
      return pipeline;
    case Dimension::expert_tensor:
      return expert_tensor;
    case Dimension::expert:
      return expert;
    case Dimension::expert_data:
      break;
  }
  return expert_data();
}

std::vector<std::int32_t> first_layers(const Layout& layout, const Transformer& model) {
  const std::int32_t parts = layout.pipeline * layout.chunks;
  std::vector<std::int32_t> out{0};
  for (std::int32_t part = 0; part < parts; ++part) {
    out.push_back(out.back() + (layout.part_layers.empty()
                                    ? model.layers / parts
                                    : layout.part_layers[static_cast<std::size_t>(part)]));
  }
  return out;
}

std::vector<std::int32_t> balanced_layers(std::int32_t layers, std::int32_t parts) {
  sim::require(layers + bare_parts >= parts, "a layer for each part but the first and the last");
  const std::int32_t most = (layers + parts - 1) / parts;
  std::vector<std::int32_t> out(static_cast<std::size_t>(parts), most);
  for (std::int32_t i = 0; i < (most * parts) - layers; ++i) {
    const std::int32_t from_end = i / 2;
    const std::int32_t part = i % 2 == 0 ? from_end : parts - 1 - from_end;
    --out[static_cast<std::size_t>(part)];
  }
  return out;
}

std::int32_t place_of(const Layout& layout, std::int32_t rank, Dimension dimension) {
  return rank / stride_of(layout, grid_of(layout, dimension), dimension) % layout.size(dimension);
}

std::vector<std::int32_t> group_of(const Layout& layout, std::int32_t rank,
                                   const std::vector<Dimension>& dimensions) {
  std::vector<std::int32_t> members{rank};
  for (const Dimension dimension : dimensions) {
    const std::int32_t stride = stride_of(layout, grid_of(layout, dimension), dimension);
    const std::int32_t place = place_of(layout, rank, dimension);
    std::vector<std::int32_t> wider;
    for (std::int32_t i = 0; i < layout.size(dimension); ++i) {
      for (const std::int32_t member : members) {
        wider.push_back(member + ((i - place) * stride));
      }
    }
    members = std::move(wider);
  }
  std::ranges::sort(members);
  return members;
}

std::vector<std::vector<std::int32_t>> groups_of(const Layout& layout,
                                                 const std::vector<Dimension>& dimensions) {
  std::vector<std::vector<std::int32_t>> groups;
  std::vector<bool> seen(static_cast<std::size_t>(layout.ranks()), false);
  for (std::int32_t rank = 0; rank < layout.ranks(); ++rank) {
    if (!seen[static_cast<std::size_t>(rank)]) {
      groups.push_back(group_of(layout, rank, dimensions));
      for (const std::int32_t member : groups.back()) {
        seen[static_cast<std::size_t>(member)] = true;
      }
    }
  }
  return groups;
}

namespace {

/// "64 heads cannot be divided by TP 48", if so.
std::string indivisible(std::int64_t whole, std::string_view what, std::string_view by,
                        std::int64_t parts) {
  return whole % parts == 0
             ? std::string{}
             : fmt::format("{} {} cannot be divided by {} {}", whole, what, by, parts);
}

constexpr std::int32_t micro_batches_most = 1 << 16;

/// Are there as many layers in all parts together as in the model?
std::string clash_of_parts(const Layout& layout, const Transformer& model) {
  if (layout.pipeline == 1 && layout.chunks > 1) {
    return fmt::format("{} chunks, but PP is 1: there is nothing to interleave", layout.chunks);
  }
  const std::int64_t parts = std::int64_t{layout.pipeline} * layout.chunks;
  if (layout.part_layers.empty()) {
    return indivisible(model.layers, "layers", "PP x chunks", parts);
  }
  if (static_cast<std::int64_t>(layout.part_layers.size()) != parts) {
    return fmt::format("layers of {} parts are given, but PP x chunks is {}",
                       layout.part_layers.size(), parts);
  }
  const std::int32_t all = std::accumulate(layout.part_layers.begin(), layout.part_layers.end(), 0);
  return all == model.layers
             ? std::string{}
             : fmt::format("the parts have {} layers, but the model has {}", all, model.layers);
}

/// What attention and feed-forward networks need of TP, CP and EP.
std::string clash_inside(const Layout& layout, const Transformer& model) {
  const std::int32_t key_heads = std::max(model.key_value_heads, layout.tensor);
  std::vector<std::string> all{
      indivisible(model.heads, "heads", "TP", layout.tensor),
      indivisible(key_heads, "key-value heads", "TP", layout.tensor),
      indivisible(model.feed_forward, "inner elements of a feed-forward network", "TP",
                  layout.tensor),
      indivisible(model.sequence, "tokens of a sequence", "CP", layout.context)};
  if (layout.sequence_parallel) {
    all.push_back(
        indivisible(model.sequence / layout.context, "tokens of a rank", "TP", layout.tensor));
  }
  if (layout.exchange == ContextExchange::all_to_all) {
    all.push_back(
        indivisible(model.heads / layout.tensor, "heads of a rank", "CP", layout.context));
  }
  if (model.experts) {
    all.push_back(indivisible(model.experts->count, "experts", "EP", layout.expert));
    all.push_back(indivisible(model.experts->feed_forward, "inner elements of an expert", "ETP",
                              layout.expert_tensor));
    if (layout.expert > 1 && layout.tensor > 1 && !layout.sequence_parallel) {
      all.push_back(fmt::format("EP {} with TP {} needs sequence_parallel: true", layout.expert,
                                layout.tensor));
    }
  } else if (layout.expert > 1) {
    all.push_back(fmt::format("EP {}, but the model has no experts", layout.expert));
  }
  const auto found = std::ranges::find_if(all, [](const auto& each) { return !each.empty(); });
  return found == all.end() ? std::string{} : *found;
}

}  // namespace

std::string clash_of(const Layout& layout, const Transformer& model) {
  const std::int32_t block = layout.tensor * layout.context * layout.data;
  const std::int32_t expert_block = layout.expert_tensor * layout.expert;
  if (block % expert_block != 0) {
    return fmt::format("{} ranks of a stage cannot be divided by ETP x EP {}", block, expert_block);
  }
  const std::int32_t stage_stride =
      stride_of(layout, grid_of(layout, Dimension::tensor), Dimension::pipeline);
  const std::int32_t expert_stride =
      stride_of(layout, grid_of(layout, Dimension::expert), Dimension::pipeline);
  if (stage_stride != expert_stride) {
    return fmt::format("stages are {} ranks apart, but {} in layers with experts", stage_stride,
                       expert_stride);
  }
  const std::int32_t replicas = layout.data * layout.context;
  std::vector<std::string> all{
      clash_inside(layout, model),
      indivisible(layout.global_batch, "sequences of a batch", "DP x micro-batch",
                  std::int64_t{layout.data} * layout.micro_batch),
      clash_of_parts(layout, model)};
  if (layout.sharding_group > 0) {
    all.push_back(
        indivisible(replicas, "ranks of DP x CP", "the sharding group's", layout.sharding_group));
    all.push_back(indivisible(layout.expert_data(), "replicas of an expert", "the sharding group's",
                              std::min(layout.expert_data(), layout.sharding_group)));
  }
  if (all[1].empty() && layout.chunks > 1) {
    all.push_back(indivisible(layout.micro_batches(), "micro-batches", "PP", layout.pipeline));
  }
  if (all[1].empty() && layout.micro_batches() > micro_batches_most) {
    all.push_back(fmt::format("{} micro-batches a replica; at most {} can be simulated",
                              layout.micro_batches(), micro_batches_most));
  }
  const auto found = std::ranges::find_if(all, [](const auto& each) { return !each.empty(); });
  return found == all.end() ? std::string{} : *found;
}

namespace {

constexpr std::int64_t ranks_most = 1 << 20;

std::int32_t count_or(const sim::ConfigNode& node, std::string_view key, std::int32_t other,
                      std::int64_t most = ranks_most) {
  const auto found = node.find(key);
  return found ? static_cast<std::int32_t>(found->integer(1, most)) : other;
}

}  // namespace

std::array<Dimension, 4> read_order(const sim::ConfigNode& node) {
  constexpr std::array<std::string_view, 4> names{"TP", "CP", "DP", "PP"};
  const std::vector<sim::ConfigNode> items = node.items();
  std::array<Dimension, 4> order{};
  std::array<bool, 4> seen{};
  if (items.size() != order.size()) {
    node.fail(fmt::format("expected TP, CP, DP and PP in some order, got {} names", items.size()));
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t which = items[i].choice(names, "dimension");
    if (seen.at(which)) {
      items[i].fail(fmt::format("{} is there twice", names.at(which)));
    }
    seen.at(which) = true;
    order.at(i) = static_cast<Dimension>(which);
  }
  return order;
}

Layout read_layout(const sim::ConfigNode& node, const Transformer& model, std::int32_t gpus) {
  node.expect_keys({"tensor", "context", "data", "pipeline", "chunks", "part_layers", "expert",
                    "expert_tensor", "sequence_parallel", "context_exchange", "sharding",
                    "sharding_group", "micro_batch", "global_batch", "order"});
  Layout layout;
  layout.tensor = count_or(node, "tensor", 1);
  layout.context = count_or(node, "context", 1);
  layout.pipeline = count_or(node, "pipeline", 1);
  const std::int64_t others = std::int64_t{layout.tensor} * layout.context * layout.pipeline;
  if (gpus % others != 0) {
    node.fail(fmt::format("{} GPUs cannot be divided by TP x CP x PP {}", gpus, others));
  }
  layout.data = count_or(node, "data", static_cast<std::int32_t>(gpus / others));
  if (others * layout.data != gpus) {
    node.at("data").fail(
        fmt::format("TP x CP x PP x DP is {}, but there are {} GPUs", others * layout.data, gpus));
  }
  layout.chunks = count_or(node, "chunks", 1);
  if (const auto found = node.find("part_layers"); found && found->is_scalar()) {
    constexpr std::array<std::string_view, 1> words{"balanced"};
    static_cast<void>(found->choice(words, "division of layers"));
    const std::int32_t parts = layout.pipeline * layout.chunks;
    if (parts > model.layers + bare_parts) {
      found->fail(fmt::format("{} layers for PP x chunks {}", model.layers, parts));
    }
    layout.part_layers = balanced_layers(model.layers, parts);
  } else if (found) {
    for (const sim::ConfigNode& item : found->items()) {
      layout.part_layers.push_back(static_cast<std::int32_t>(item.integer(0, ranks_most)));
    }
  }
  layout.expert = count_or(node, "expert", 1);
  layout.expert_tensor = count_or(node, "expert_tensor", layout.expert > 1 ? 1 : layout.tensor);
  if (const auto found = node.find("sharding_group")) {
    layout.sharding_group = static_cast<std::int32_t>(found->integer(0, ranks_most));
  }
  layout.micro_batch = count_or(node, "micro_batch", 1);
  constexpr std::int64_t batch_most = 1 << 30;
  layout.global_batch = static_cast<std::int32_t>(node.at("global_batch").integer(1, batch_most));
  if (const auto found = node.find("sequence_parallel")) {
    layout.sequence_parallel = found->boolean();
  }
  if (const auto found = node.find("context_exchange")) {
    layout.exchange = static_cast<ContextExchange>(found->choice(context_names, "exchange"));
  }
  if (const auto found = node.find("sharding")) {
    layout.sharding = static_cast<Sharding>(found->choice(sharding_names, "sharding"));
  }
  if (const auto found = node.find("order")) {
    layout.order = read_order(*found);
  }
  if (const std::string clash = clash_of(layout, model); !clash.empty()) {
    node.fail(clash);
  }
  return layout;
}

}  // namespace workloads
