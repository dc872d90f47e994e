#pragma once

#include <vector>

#include "workloads/layer_work.hpp"
#include "workloads/piece_writer.hpp"

namespace workloads {

/// The feed-forward network of one layer, or its experts: norm, products, and addition. `writer` is
/// for this model, layout and software.
void add_feed_forward(const Transformer& model, const Layout& layout, const Software& software,
                      const PieceWriter& writer, LayerWork& work);
void add_experts(const Transformer& model, const Layout& layout, const Software& software,
                 const PieceWriter& writer, LayerWork& work);

}  // namespace workloads
