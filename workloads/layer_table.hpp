#pragma once
// A network as a table of layers: what each multiplies, and how many weights it has. That is what a
// step of data parallelism computes and sends; pooling, activations and norms are left out.
//
// A convolution is one product of matrices (im2col): a row per output pixel, a column per filter,
// and as many terms as a filter has weights. 64 filters of 7 x 7 over a 224 x 224 image of three
// channels, stride 2, padding 3:
//
//     pixels       floor((224 + 2 * 3 - 7) / 2) + 1 = 112 each way: m = 12 544
//     weights      n k = 64 * (7 * 7 * 3) = 9 408
//     multiply-adds  m n k = 118 013 952 per image

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/config.hpp"
#include "sim/units.hpp"

namespace workloads {

struct Convolution {
  std::int64_t height = 0;  // of the input, padding not counted
  std::int64_t width = 0;
  std::int64_t channels = 0;
  std::int64_t filters = 0;
  std::int64_t filter_height = 0;
  std::int64_t filter_width = 0;
  std::int64_t stride = 1;
  std::int64_t padding = 0;  // on each of the four sides

  [[nodiscard]] std::int64_t output_height() const {
    return (height + 2 * padding - filter_height) / stride + 1;
  }
  [[nodiscard]] std::int64_t output_width() const {
    return (width + 2 * padding - filter_width) / stride + 1;
  }
};

/// An m x k matrix per sample times a k x n one, which is weights that all samples share, or else
/// another value of the sample: scores of attention, interactions of features.
struct Product {
  std::int64_t m = 1;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool weights = true;
};

/// Each sample looks up `lookups` of the rows and adds them up.
struct EmbeddingTable {
  std::int64_t rows = 0;
  std::int64_t width = 0;
  std::int64_t lookups = 1;
};

struct TableLayer {
  std::string name;
  std::variant<Convolution, Product, EmbeddingTable> shape;
  bool biases = false;  // one per filter, or per column of the weights
};

struct LayerTable {
  std::string name;
  std::vector<std::string> sources;
  std::vector<TableLayer> layers;  // in the order of a forward pass
};

/// What a layer multiplies for one sample. Nothing if it only looks up.
[[nodiscard]] std::optional<Product> product_of(const TableLayer& layer);

/// Weights and biases.
[[nodiscard]] std::int64_t parameters(const TableLayer& layer);
[[nodiscard]] std::int64_t parameters(const LayerTable& table);

/// Of the gradients, at `element` each. Those of an embedding are counted as if every row had one.
[[nodiscard]] sim::Bytes gradients(const TableLayer& layer, sim::Bytes element);
[[nodiscard]] sim::Bytes gradients(const LayerTable& table, sim::Bytes element);

/// Operations of a forward pass of one sample, two per multiply-add; adding biases and looked up
/// rows is not counted.
[[nodiscard]] std::int64_t forward_flop(const TableLayer& layer);
[[nodiscard]] std::int64_t forward_flop(const LayerTable& table);

/// `count` products of an m x k matrix and a k x n one.
struct Gemm {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  std::int64_t count = 1;

  friend bool operator==(const Gemm&, const Gemm&) = default;
};

/// What a layer multiplies in a training step. All three take as many operations.
struct LayerGemms {
  Gemm forward;
  Gemm input_gradient;   // the first layer of a network can do without
  Gemm weight_gradient;  // or that of the second factor, if it is no weights
};

/// Those for a batch of so many samples, batch >= 1. Nothing if the layer only looks up.
[[nodiscard]] std::optional<LayerGemms> gemms(const TableLayer& layer, std::int64_t batch);

/// Reads
///
///     name: example
///     sources: [where these sizes are from]
///     biases: true            # of all convolutions and weights; none if left out
///     layers:
///       - { convolution: first, input: [224, 224, 3], filters: 64, filter: [7, 7],
///           stride: 2, padding: 3 }                    # height, width, channels; 1 and 0
///       - repeat: block       # its layers are called block0.inner, block1.inner
///         times: 2
///         layers: [{ product: inner, m: 49, n: 64, k: 64 }]                    # m is 1
///       - { product: scores, m: 49, n: 49, k: 64, weights: false }             # true
///       - { embedding: users, rows: 138000, width: 8, lookups: 3 }             # lookups is 1
///
/// with what a key is if left out after the #. Throws sim::Error at unknown keys, sizes out of
/// range, a filter larger than its padded input, and a file without sources or layers.
[[nodiscard]] LayerTable read_layer_table(const sim::ConfigNode& node);

}  // namespace workloads
