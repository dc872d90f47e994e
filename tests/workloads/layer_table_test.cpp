#include "workloads/layer_table.hpp"

#include <filesystem>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"

using namespace workloads;

namespace {

LayerTable shipped(const std::string& name) {
  return read_layer_table(
      sim::ConfigNode::load(std::string{SOURCE_DIR} + "/configs/networks/" + name + ".yaml"));
}

LayerTable table_of(const std::string& layers) {
  return read_layer_table(
      sim::ConfigNode::parse("t.yaml", "name: t\nsources: [a]\nlayers:\n  - " + layers + "\n"));
}

std::string error_of(const std::string& text) {
  try {
    static_cast<void>(read_layer_table(sim::ConfigNode::parse("t.yaml", text)));
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

/// Of a table of one layer.
std::string error_of_layer(const std::string& layer) {
  return error_of("name: t\nsources: [a]\nlayers:\n  - " + layer + "\n");
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("layer table: a convolution by hand") {
  // ResNet's first: (224 + 2 * 3 - 7) / 2 + 1 = 112.5, so 112 outputs each way. 64 filters of
  // 7 * 7 * 3 = 147 weights are 9 408, each used 112 * 112 = 12 544 times: 118 013 952.
  const LayerTable table = table_of(
      "{convolution: c, input: [224, 224, 3], filters: 64, filter: [7, 7], stride: 2, padding: 3}");
  const TableLayer& layer = table.layers.front();
  CHECK(layer.name == "c");
  CHECK(std::get<Convolution>(layer.shape).output_height() == 112);
  CHECK(parameters(layer) == 9'408);
  CHECK(forward_flop(layer) == 2 * 118'013'952);
  CHECK(gradients(layer, sim::Bytes{4}) == sim::Bytes{37'632});

  const LayerGemms for_16 = *gemms(layer, 16);
  CHECK(for_16.forward == Gemm{.m = 16 * 12'544, .n = 64, .k = 147});
  CHECK(for_16.input_gradient == Gemm{.m = 16 * 12'544, .n = 147, .k = 64});
  CHECK(for_16.weight_gradient == Gemm{.m = 147, .n = 64, .k = 16 * 12'544});
}

TEST_CASE("layer table: height and width are kept apart") {
  // Unpadded: 10 - 3 + 1 = 8 rows and (20 - 5) / 1 + 1 = 16 columns; 2 * 3 * 5 weights a filter.
  const TableLayer layer =
      table_of("{convolution: c, input: [10, 20, 2], filters: 7, filter: [3, 5]}").layers.front();
  CHECK(std::get<Convolution>(layer.shape).output_height() == 8);
  CHECK(std::get<Convolution>(layer.shape).output_width() == 16);
  CHECK(gemms(layer, 1)->forward == Gemm{.m = 128, .n = 7, .k = 30});
}

TEST_CASE("layer table: a batch shares weights, and nothing else") {
  const TableLayer shared = table_of("{product: p, m: 3, n: 5, k: 7}").layers.front();
  CHECK(parameters(shared) == 35);
  CHECK(gemms(shared, 2)->forward == Gemm{.m = 6, .n = 5, .k = 7});
  CHECK(gemms(shared, 2)->weight_gradient == Gemm{.m = 7, .n = 5, .k = 6});

  const TableLayer own = table_of("{product: p, m: 3, n: 5, k: 7, weights: false}").layers.front();
  CHECK(parameters(own) == 0);
  CHECK(forward_flop(own) == forward_flop(shared));
  CHECK(gemms(own, 2)->forward == Gemm{.m = 3, .n = 5, .k = 7, .count = 2});
  CHECK(gemms(own, 2)->input_gradient == Gemm{.m = 3, .n = 7, .k = 5, .count = 2});
  CHECK(gemms(own, 2)->weight_gradient == Gemm{.m = 7, .n = 5, .k = 3, .count = 2});

  const TableLayer looked_up = table_of("{embedding: e, rows: 10, width: 4}").layers.front();
  CHECK(parameters(looked_up) == 40);
  CHECK(forward_flop(looked_up) == 0);
  CHECK_FALSE(gemms(looked_up, 2).has_value());
}

TEST_CASE("layer table: biases belong to filters and to columns of weights") {
  const LayerTable table = read_layer_table(sim::ConfigNode::parse("t.yaml", R"(
name: t
sources: [a]
biases: true
layers:
  - { convolution: c, input: [4, 4, 2], filters: 3, filter: [1, 1] }
  - { product: p, n: 5, k: 7 }
  - { product: own, m: 2, n: 2, k: 3, weights: false }
  - { embedding: e, rows: 10, width: 4, lookups: 6 }
)"));
  CHECK(parameters(table.layers.at(0)) == 6 + 3);
  CHECK(parameters(table.layers.at(1)) == 35 + 5);
  CHECK(parameters(table.layers.at(2)) == 0);
  CHECK(parameters(table.layers.at(3)) == 40);
  CHECK(std::get<EmbeddingTable>(table.layers.at(3).shape).lookups == 6);
  CHECK(parameters(table) == 9 + 40 + 40);
  CHECK(gradients(table, sim::Bytes{2}) == sim::Bytes{178});
  // 16 pixels times 2 * 3, 5 * 7 and 2 * 2 * 3.
  CHECK(forward_flop(table) == 2 * (16 * 6 + 35 + 12));
}

TEST_CASE("layer table: what is repeated is numbered, inside of others too") {
  const LayerTable table = table_of(
      "{repeat: a, times: 2, layers: [{product: x, n: 1, k: 1}, {repeat: b, times: 2, layers: "
      "[{product: y, n: 1, k: 1}]}]}");
  std::string names;
  for (const TableLayer& layer : table.layers) {
    names += layer.name + " ";
  }
  CHECK(names == "a0.x a0.b0.y a0.b1.y a1.x a1.b0.y a1.b1.y ");
}

TEST_CASE("layer table: the shipped networks have their layers and parameters, and no two a name") {
  struct Case {
    std::string name;
    std::size_t layers;
    std::int64_t parameters;
  };
  // The first seven: what the simulator of J. Huang et al., ISCA 2021, counts. VGG-16: the
  // published weights and biases. DLRM: 187 767 399 rows of 128, and 2 368 897 in matrices (below).
  std::set<std::string> cases;
  for (const Case& each : {Case{"alexnet", 5, 3'745'824}, Case{"alphagozero", 8, 1'573'620},
                           Case{"faster-rcnn", 46, 13'258'944}, Case{"googlenet", 58, 6'854'208},
                           Case{"ncf", 8, 11'042'704}, Case{"resnet-50", 54, 25'502'912},
                           Case{"transformer", 891, 77'418'328}, Case{"vgg-16", 16, 138'357'544},
                           Case{"dlrm", 35, (187'767'399 * std::int64_t{128}) + 2'368'897}}) {
    CAPTURE(each.name);
    const LayerTable table = shipped(each.name);
    CHECK(table.name == each.name);
    CHECK(table.layers.size() == each.layers);
    CHECK(parameters(table) == each.parameters);
    CHECK(gradients(table, sim::Bytes{4}) == sim::Bytes{4 * each.parameters});
    std::set<std::string> names;
    for (const TableLayer& layer : table.layers) {
      names.insert(layer.name);
    }
    CHECK(names.size() == table.layers.size());
    cases.insert(each.name + ".yaml");
  }
  for (const auto& entry :
       std::filesystem::directory_iterator{std::string{SOURCE_DIR} + "/configs/networks"}) {
    const std::string file = entry.path().filename().string();
    CHECK_MESSAGE((file == "README.md" || cases.contains(file)), file);
  }
}

TEST_CASE("layer table: VGG-16 takes 15.5 billion multiply-adds an image") {
  // 9 times pixels, channels and filters of the convolutions, then three matrices:
  //   224^2 * 9 * (3 * 64 + 64 * 64)               =  1 936 392 192
  //   112^2 * 9 * (64 * 128 + 128 * 128)           =  2 774 532 096
  //    56^2 * 9 * (128 * 256 + 2 * 256 * 256)      =  4 624 220 160
  //    28^2 * 9 * (256 * 512 + 2 * 512 * 512)      =  4 624 220 160
  //    14^2 * 9 * 3 * 512 * 512                    =  1 387 266 048
  //   7^2 * 512 * 4096 + 4096^2 + 4096 * 1000      =    123 633 664
  CHECK(forward_flop(shipped("vgg-16")) == 2 * 15'470'264'320);
}

TEST_CASE("layer table: ResNet-50 takes 3.86 billion multiply-adds an image") {
  // He et al., CVPR 2016, table 1 say 3.8e9; later versions, with strides in the 3 x 3
  // convolutions, take 4.09e9. By blocks, the first of each with a shortcut:
  //   conv1   112^2 * 147 * 64                                             =   118 013 952
  //   conv2_x  56^2 * (4096 + 36 864 + 2 * 16 384 + 2 * 69 632)            =   667 942 912
  //   conv3_x  28^2 * (32 768 + 147 456 + 65 536 + 131 072 + 3 * 278 528)  =   950 534 144
  //   conv4_x  14^2 * (131 072 + 589 824 + 262 144 + 524 288 + 5 * 1 114 112) = 1 387 266 048
  //   conv5_x   7^2 * (524 288 + 2 359 296 + 1 048 576 + 2 097 152 + 2 * 4 456 448) = 732 168 192
  //   classes 2048 * 1000                                                  =     2 048 000
  CHECK(forward_flop(shipped("resnet-50")) == 2 * 3'857'973'248);
}

TEST_CASE("layer table: AlexNet's convolutions without groups") {
  // 55^2 * 34 848, 27^2 * 614 400, 13^2 * (884 736 + 1 327 104 + 884 736). In two groups, the
  // second, fourth and fifth take half: 666 million, as published.
  const LayerTable table = shipped("alexnet");
  CHECK(forward_flop(table) == 2 * std::int64_t{1'076'634'144});
  CHECK(forward_flop(table.layers.at(1)) + forward_flop(table.layers.at(3)) +
            forward_flop(table.layers.at(4)) ==
        4 * (std::int64_t{1'076'634'144} - 665'784'864));
}

TEST_CASE("layer table: DLRM's matrices") {
  // Weights and biases: 13 * 512 + 512, 512 * 256 + 256, 256 * 128 + 128, and from 128 numbers and
  // 27 * 26 / 2 interactions, 479 * 1024 + 1024, 1024^2 + 1024, 1024 * 512 + 512, 512 * 256 + 256,
  // 256 + 1: 2 368 897, of which 3 713 biases. The interactions: 27 * 27 * 128 multiply-adds.
  const LayerTable table = shipped("dlrm");
  std::int64_t rows = 0;
  std::int64_t rest = 0;
  for (const TableLayer& layer : table.layers) {
    if (const auto* embedding = std::get_if<EmbeddingTable>(&layer.shape)) {
      rows += embedding->rows;
    } else {
      rest += parameters(layer);
    }
  }
  CHECK(rows == 187'767'399);
  CHECK(rest == 2'368'897);
  CHECK(forward_flop(table) == 2 * (2'368'897 - 3'713 + 93'312));
}

TEST_CASE("layer table: what is wrong is said, and where") {
  CHECK(error_of("name: t\nsources: []\nlayers: [{product: p, n: 1, k: 1}]\n") ==
        "t.yaml:2:10: error: sources: expected at least one source\n"
        "    2 | sources: []\n"
        "      |          ^");
  CHECK(has(error_of("name: t\nsources: [a]\nlayers: []\n"),
            "t.yaml:3:9: error: layers: expected at least one layer"));
  CHECK(
      has(error_of("name: t\nsources: [a]\nbiasses: true\nlayers: []\n"), "did you mean 'biases'"));

  const std::string missing = error_of_layer("{ fully_connected: p, n: 1 }");
  CHECK(has(missing, "t.yaml:4:5: error: layers[0]: expected a layer"));
  CHECK(has(missing, "say 'convolution', 'product', 'embedding' or 'repeat'"));
  CHECK(
      has(error_of_layer("{ product: p, n: 1, k: 1, wieghts: false }"), "did you mean 'weights'"));
  CHECK(has(error_of_layer("{ product: p, n: 1 }"), "missing key 'k'"));
  CHECK(has(error_of_layer("{ product: p, n: 0, k: 1 }"),
            "layers[0].n: expected a whole number from 1 to 16777216, got '0'"));
  CHECK(has(error_of_layer("{ product: p, n: 1, k: 1, embedding: e }"), "embedding"));
  CHECK(has(error_of_layer("{ product: p, m: 16777216, n: 16777216, k: 2 }"),
            "a layer of 5.63e+14 weights or multiply-adds; at most 4398046511104 are possible"));
  CHECK(has(error_of_layer("{ embedding: e, rows: 4294967297, width: 1 }"), "layers[0].rows"));
  CHECK(has(error_of_layer("{ embedding: e, rows: 4294967296, width: 1025 }"), "4.4e+12 weights"));
}

TEST_CASE("layer table: a convolution that cannot be is refused") {
  CHECK(
      has(error_of_layer("{ convolution: c, input: [8, 8], filters: 1, filter: [3, 3] }"),
          "t.yaml:4:30: error: layers[0].input: expected [height, width, channels], got 2 sizes"));
  CHECK(has(error_of_layer("{ convolution: c, input: [8, 8, 1], filters: 1, filter: [3] }"),
            "layers[0].filter: expected [height, width], got 1 sizes"));
  CHECK(has(error_of_layer("{ convolution: c, input: [8, 8, 0], filters: 1, filter: [3, 3] }"),
            "expected a whole number from 1"));
  CHECK(has(error_of_layer(
                "{ convolution: c, input: [2, 8, 1], filters: 1, filter: [5, 3], padding: 1 }"),
            "layers[0].filter: a filter of 5 x 3 on an input of 4 x 10, padded"));
  CHECK(has(error_of_layer(
                "{ convolution: c, input: [8, 2, 1], filters: 1, filter: [3, 5], padding: 1 }"),
            "a filter of 3 x 5"));
  CHECK(has(
      error_of_layer("{ convolution: c, input: [9, 9, 1], filters: 1, filter: [3, 3], stride: 0 }"),
      "layers[0].stride"));
  CHECK(has(error_of_layer("{ convolution: c, input: [9999, 9999, 9999], filters: 9999, filter: "
                           "[9, 9] }"),
            "weights or multiply-adds"));
}

TEST_CASE("layer table: repeats do not run away") {
  const std::string inside = "layers: [{ product: p, n: 1, k: 1 }] }";
  CHECK(table_of("{ repeat: r, times: 100000, " + inside).layers.size() == 100'000);
  CHECK(has(error_of_layer("{ repeat: r, times: 0, " + inside), "layers[0].times"));
  CHECK(has(error_of_layer("{ repeat: r, times: 317, layers: [{ repeat: s, times: 317, " + inside +
                           "] }"),
            "layers[0].times: 317 times 317 layers; a table has at most 100000"));
  CHECK(has(
      error_of_layer("{ repeat: r, times: 100000, " + inside + "\n  - { product: p, n: 1, k: 1 }"),
      "layers[1]: a table has at most 100000 layers"));
  CHECK(has(error_of_layer("{ repeat: r, times: 2, layers: [] }"),
            "layers[0].layers: expected at least one layer"));
}
