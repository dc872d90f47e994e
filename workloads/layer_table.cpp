#include "workloads/layer_table.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/contract.hpp"

namespace workloads {
namespace {

constexpr std::int64_t size_most = 1 << 24;
constexpr std::int64_t rows_most = std::int64_t{1} << 32;
constexpr std::int64_t work_most = std::int64_t{1}
                                   << 42;  // times layers_most and 8 bytes: in 64 bits
constexpr std::size_t layers_most = 100'000;

std::int64_t size_or(const sim::ConfigNode& node, std::string_view key, std::int64_t other,
                     std::int64_t least = 1) {
  const auto found = node.find(key);
  return found ? found->integer(least, size_most) : other;
}

bool flag_or(const sim::ConfigNode& node, std::string_view key, bool other) {
  const auto found = node.find(key);
  return found ? found->boolean() : other;
}

/// A list of so many sizes.
template <std::size_t count>
std::array<std::int64_t, count> sizes_at(const sim::ConfigNode& node, std::string_view key,
                                         std::string_view form) {
  const sim::ConfigNode list = node.at(key);
  const auto items = list.items();
  if (items.size() != count) {
    list.fail(fmt::format("expected {}, got {} sizes", form, items.size()));
  }
  std::array<std::int64_t, count> sizes{};
  std::ranges::transform(items, sizes.begin(),
                         [](const auto& item) { return item.integer(1, size_most); });
  return sizes;
}

/// Throws if sums over a table could pass what 64 bits hold.
void check_work(const sim::ConfigNode& node, std::initializer_list<std::int64_t> sizes) {
  const double work = std::accumulate(
      sizes.begin(), sizes.end(), 1.0,
      [](double product, std::int64_t size) { return product * static_cast<double>(size); });
  if (work > static_cast<double>(work_most)) {
    node.fail(fmt::format("a layer of {:.3g} weights or multiply-adds; at most {} are possible",
                          work, work_most));
  }
}

Convolution read_convolution(const sim::ConfigNode& node) {
  node.expect_keys({"convolution", "input", "filters", "filter", "stride", "padding"});
  const auto input = sizes_at<3>(node, "input", "[height, width, channels]");
  const auto filter = sizes_at<2>(node, "filter", "[height, width]");
  const Convolution layer{.height = input[0],
                          .width = input[1],
                          .channels = input[2],
                          .filters = node.at("filters").integer(1, size_most),
                          .filter_height = filter[0],
                          .filter_width = filter[1],
                          .stride = size_or(node, "stride", 1),
                          .padding = size_or(node, "padding", 0, 0)};
  const std::int64_t padded_height = layer.height + 2 * layer.padding;
  const std::int64_t padded_width = layer.width + 2 * layer.padding;
  if (layer.filter_height > padded_height || layer.filter_width > padded_width) {
    node.at("filter").fail(fmt::format("a filter of {} x {} on an input of {} x {}, padded",
                                       layer.filter_height, layer.filter_width, padded_height,
                                       padded_width));
  }
  check_work(node, {layer.output_height(), layer.output_width(), layer.channels, layer.filters,
                    layer.filter_height, layer.filter_width});
  return layer;
}

Product read_product(const sim::ConfigNode& node) {
  node.expect_keys({"product", "m", "n", "k", "weights"});
  const Product layer{.m = size_or(node, "m", 1),
                      .n = node.at("n").integer(1, size_most),
                      .k = node.at("k").integer(1, size_most),
                      .weights = flag_or(node, "weights", true)};
  check_work(node, {layer.m, layer.n, layer.k});
  return layer;
}

EmbeddingTable read_embedding(const sim::ConfigNode& node) {
  node.expect_keys({"embedding", "rows", "width", "lookups"});
  const EmbeddingTable layer{.rows = node.at("rows").integer(1, rows_most),
                             .width = node.at("width").integer(1, size_most),
                             .lookups = size_or(node, "lookups", 1)};
  check_work(node, {layer.rows, layer.width});
  return layer;
}

using Layers = std::vector<TableLayer>;

Layers read_layers(const sim::ConfigNode& list, bool biases);

Layers read_repeat(const sim::ConfigNode& node, bool biases) {
  node.expect_keys({"repeat", "times", "layers"});
  const std::string name = node.at("repeat").text();
  const std::int64_t times = node.at("times").integer(1, layers_most);
  const Layers once = read_layers(node.at("layers"), biases);
  if (once.size() > layers_most / static_cast<std::size_t>(times)) {
    node.at("times").fail(
        fmt::format("{} times {} layers; a table has at most {}", times, once.size(), layers_most));
  }
  Layers all;
  for (std::int64_t i = 0; i < times; ++i) {
    for (TableLayer layer : once) {
      layer.name = fmt::format("{}{}.{}", name, i, layer.name);
      all.push_back(std::move(layer));
    }
  }
  return all;
}

/// The layer that an entry of a list is, or those that it repeats.
Layers read_entry(const sim::ConfigNode& node, bool biases) {
  if (const auto name = node.find("convolution")) {
    return {{.name = name->text(), .shape = read_convolution(node), .biases = biases}};
  }
  if (const auto name = node.find("product")) {
    const Product product = read_product(node);
    return {{.name = name->text(), .shape = product, .biases = biases && product.weights}};
  }
  if (const auto name = node.find("embedding")) {
    return {{.name = name->text(), .shape = read_embedding(node)}};
  }
  if (node.find("repeat")) {
    return read_repeat(node, biases);
  }
  node.fail("expected a layer", "say 'convolution', 'product', 'embedding' or 'repeat': its name");
}

Layers read_layers(const sim::ConfigNode& list, bool biases) {
  Layers layers;
  for (const sim::ConfigNode& node : list.items()) {
    std::ranges::move(read_entry(node, biases), std::back_inserter(layers));
    if (layers.size() > layers_most) {
      node.fail(fmt::format("a table has at most {} layers", layers_most));
    }
  }
  if (layers.empty()) {
    list.fail("expected at least one layer");
  }
  return layers;
}

}  // namespace

std::optional<Product> product_of(const TableLayer& layer) {
  if (const auto* convolution = std::get_if<Convolution>(&layer.shape)) {
    return Product{
        .m = convolution->output_height() * convolution->output_width(),
        .n = convolution->filters,
        .k = convolution->filter_height * convolution->filter_width * convolution->channels};
  }
  if (const auto* product = std::get_if<Product>(&layer.shape)) {
    return *product;
  }
  return std::nullopt;
}

std::int64_t parameters(const TableLayer& layer) {
  if (const auto* table = std::get_if<EmbeddingTable>(&layer.shape)) {
    return table->rows * table->width;
  }
  const Product product = *product_of(layer);
  const std::int64_t weights = product.weights ? product.n * product.k : 0;
  return weights + (layer.biases ? product.n : 0);
}

std::int64_t parameters(const LayerTable& table) {
  return std::transform_reduce(table.layers.begin(), table.layers.end(), std::int64_t{0},
                               std::plus{},
                               [](const TableLayer& layer) { return parameters(layer); });
}

sim::Bytes gradients(const TableLayer& layer, sim::Bytes element) {
  return element * parameters(layer);
}

sim::Bytes gradients(const LayerTable& table, sim::Bytes element) {
  return element * parameters(table);
}

std::int64_t forward_flop(const TableLayer& layer) {
  const auto product = product_of(layer);
  return product ? 2 * product->m * product->n * product->k : 0;
}

std::int64_t forward_flop(const LayerTable& table) {
  return std::transform_reduce(table.layers.begin(), table.layers.end(), std::int64_t{0},
                               std::plus{},
                               [](const TableLayer& layer) { return forward_flop(layer); });
}

std::optional<LayerGemms> gemms(const TableLayer& layer, std::int64_t batch) {
  sim::require(batch >= 1, "a batch has samples");
  const auto product = product_of(layer);
  if (!product) {
    return std::nullopt;
  }
  // Weights serve all samples of a batch in one product; other factors are each sample's own.
  const std::int64_t m = product->weights ? batch * product->m : product->m;
  const std::int64_t count = product->weights ? 1 : batch;
  return LayerGemms{.forward = {.m = m, .n = product->n, .k = product->k, .count = count},
                    .input_gradient = {.m = m, .n = product->k, .k = product->n, .count = count},
                    .weight_gradient = {.m = product->k, .n = product->n, .k = m, .count = count}};
}

LayerTable read_layer_table(const sim::ConfigNode& node) {
  node.expect_keys({"name", "sources", "biases", "layers"});
  LayerTable table;
  table.name = node.at("name").text();
  for (const sim::ConfigNode& source : node.at("sources").items()) {
    table.sources.push_back(source.text());
  }
  if (table.sources.empty()) {
    node.at("sources").fail("expected at least one source");
  }
  table.layers = read_layers(node.at("layers"), flag_or(node, "biases", false));
  return table;
}

}  // namespace workloads
