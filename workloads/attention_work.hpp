#pragma once

#include <vector>

#include "workloads/layer_work.hpp"
#include "workloads/piece_writer.hpp"

namespace workloads {

/// Attention of one layer: norm, projections, core, and addition. `writer` is for this model,
/// layout and software.
void add_attention_forward(const Transformer& model, const Layout& layout, const Software& software,
                           const PieceWriter& writer, std::vector<Piece>& pass);
void add_attention_backward(const Transformer& model, const Layout& layout,
                            const Software& software, const PieceWriter& writer,
                            std::vector<Piece>& pass);

}  // namespace workloads
