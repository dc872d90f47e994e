#include "workloads/layout.hpp"

#include <set>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "workloads/model_file.hpp"

using namespace workloads;

namespace {

using Ranks = std::vector<std::int32_t>;

Transformer model_with(const std::string& more) {
  return read_model(sim::ConfigNode::parse(
      "m.yaml",
      "{layers: 12, hidden: 1024, heads: 16, vocabulary: 1000, sequence: 512" + more + "}"));
}

std::string error_of(const std::string& layout, std::int32_t gpus, const std::string& more = "") {
  try {
    static_cast<void>(
        read_layout(sim::ConfigNode::parse("l.yaml", layout), model_with(more), gpus));
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("layout: groups are those of a grid, the first dimension innermost") {
  const Layout layout{.tensor = 2, .data = 2, .pipeline = 2};
  CHECK(groups_of(layout, {Dimension::tensor}) ==
        std::vector<Ranks>{{0, 1}, {2, 3}, {4, 5}, {6, 7}});
  CHECK(groups_of(layout, {Dimension::data}) == std::vector<Ranks>{{0, 2}, {1, 3}, {4, 6}, {5, 7}});
  CHECK(groups_of(layout, {Dimension::pipeline}) ==
        std::vector<Ranks>{{0, 4}, {1, 5}, {2, 6}, {3, 7}});
  CHECK(group_of(layout, 3, {Dimension::tensor, Dimension::data}) == Ranks{0, 1, 2, 3});
  CHECK(place_of(layout, 6, Dimension::pipeline) == 1);
  CHECK(place_of(layout, 6, Dimension::data) == 1);
  CHECK(place_of(layout, 6, Dimension::tensor) == 0);
}

TEST_CASE("layout: layers with experts see the ranks of a stage as a grid of their own") {
  // Eight ranks of a stage: TP 2 x DP 4 in attention, ETP 1 x EP 4 x EDP 2 for experts.
  const Layout layout{.tensor = 2, .data = 4, .pipeline = 2, .expert = 4};
  CHECK(layout.expert_data() == 2);
  CHECK(group_of(layout, 5, {Dimension::expert}) == Ranks{4, 5, 6, 7});
  CHECK(group_of(layout, 5, {Dimension::expert_data}) == Ranks{1, 5});
  CHECK(group_of(layout, 5, {Dimension::pipeline}) == Ranks{5, 13});
  CHECK(group_of(layout, 13, {Dimension::expert}) == Ranks{12, 13, 14, 15});
}

TEST_CASE("layout: in any order and of any sizes, groups part the ranks evenly") {
  const std::vector<Dimension> all{
      Dimension::tensor,        Dimension::context, Dimension::data,       Dimension::pipeline,
      Dimension::expert_tensor, Dimension::expert,  Dimension::expert_data};
  Layout layout{.tensor = 2, .context = 2, .data = 6, .pipeline = 3, .expert = 4};
  layout.expert_tensor = 1;
  for (const auto& order :
       {std::array{Dimension::tensor, Dimension::context, Dimension::data, Dimension::pipeline},
        std::array{Dimension::pipeline, Dimension::data, Dimension::context, Dimension::tensor},
        std::array{Dimension::data, Dimension::tensor, Dimension::context, Dimension::pipeline}}) {
    layout.order = order;
    for (const Dimension dimension : all) {
      std::set<std::int32_t> seen;
      for (const Ranks& group : groups_of(layout, {dimension})) {
        CHECK(group.size() == static_cast<std::size_t>(layout.size(dimension)));
        for (std::size_t i = 0; i < group.size(); ++i) {
          CHECK(place_of(layout, group[i], dimension) == static_cast<std::int32_t>(i));
          CHECK(seen.insert(group[i]).second);
        }
      }
      CHECK(seen.size() == 72);
    }
  }
}

TEST_CASE("layout: data parallel ranks are what is left") {
  const Layout layout =
      read_layout(sim::ConfigNode::parse("l.yaml", "{tensor: 4, pipeline: 3, global_batch: 64}"),
                  model_with(""), 96);
  CHECK(layout.data == 8);
  CHECK(layout.micro_batches() == 8);
}

TEST_CASE("layout: parts may differ, and together have all layers") {
  const auto read = [](const std::string& text) {
    return read_layout(sim::ConfigNode::parse("l.yaml", text), model_with(""), 2);
  };
  CHECK(first_layers(read("{pipeline: 2, global_batch: 1}"), model_with("")) == Ranks{0, 6, 12});
  CHECK(first_layers(read("{pipeline: 2, part_layers: [5, 7], global_batch: 1}"), model_with("")) ==
        Ranks{0, 5, 12});
  CHECK(error_of("{pipeline: 2, part_layers: [5, 5], global_batch: 1}", 2)
            .find("the parts have 10 layers, but the model has 12") != std::string::npos);
  CHECK(error_of("{pipeline: 2, part_layers: [12], global_batch: 1}", 2)
            .find("layers of 1 parts are given, but PP x chunks is 2") != std::string::npos);
}

TEST_CASE("layout: what cannot be laid out is said with the two numbers that clash") {
  struct Case {
    std::string layout;
    std::int32_t gpus;
    std::string more;
    std::string message;
  };
  for (const Case& each :
       {Case{"{tensor: 3, global_batch: 1}", 3, "", "16 heads cannot be divided by TP 3"},
        Case{"{tensor: 4, global_batch: 1}", 10, "", "10 GPUs cannot be divided by TP x CP x PP 4"},
        Case{"{data: 3, tensor: 2, global_batch: 1}", 8, "",
             "TP x CP x PP x DP is 6, but there are 8 GPUs"},
        Case{"{pipeline: 5, global_batch: 1}", 5, "",
             "12 layers cannot be divided by PP x chunks 5"},
        Case{"{micro_batch: 3, global_batch: 16}", 2, "",
             "16 sequences of a batch cannot be divided by DP x micro-batch 6"},
        Case{"{pipeline: 4, chunks: 3, global_batch: 6}", 4, "",
             "6 micro-batches cannot be divided by PP 4"},
        Case{"{chunks: 2, global_batch: 2}", 2, "",
             "2 chunks, but PP is 1: there is nothing to interleave"},
        Case{"{global_batch: 1048576}", 2, "",
             "524288 micro-batches a replica; at most 65536 can be simulated"},
        Case{"{expert: 3, global_batch: 3}", 3, ", experts: {count: 8, per_token: 2}",
             "8 experts cannot be divided by EP 3"},
        Case{"{expert: 8, global_batch: 4}", 4, ", experts: {count: 8, per_token: 2}",
             "4 ranks of a stage cannot be divided by ETP x EP 8"},
        Case{"{expert: 2, global_batch: 2}", 2, "", "EP 2, but the model has no experts"},
        Case{"{context: 3, global_batch: 1}", 3, "",
             "512 tokens of a sequence cannot be divided by CP 3"},
        Case{"{tensor: 2, order: [TP, CP, DP, DP], global_batch: 1}", 2, "", "DP is there twice"},
        Case{"{tesnor: 2, global_batch: 1}", 2, "", "did you mean 'tensor'"}}) {
    const std::string error = error_of(each.layout, each.gpus, each.more);
    CAPTURE(error);
    CAPTURE(each.message);
    CHECK(error.find(each.message) != std::string::npos);
  }
}
