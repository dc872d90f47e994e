#include "workloads/piece_writer.hpp"

namespace workloads {

using collectives::Collective;

PieceWriter::PieceWriter(const Transformer& model, const Layout& layout, const Software& software)
    : model_{&model},
      layout_{&layout},
      software_{&software},
      tokens_{static_cast<double>(model.sequence) / layout.context * layout.micro_batch},
      outside_{layout.sequence_parallel ? tokens_ / layout.tensor : tokens_} {}

void PieceWriter::vectors(std::vector<Piece>& pass, Purpose purpose, double elements,
                          double more_bytes) const {
  memory(pass, purpose, outside_ * model_->hidden * ((elements * element()) + more_bytes));
}

void PieceWriter::over_tensor(std::vector<Piece>& pass, Purpose purpose, Collective collective,
                              bool runs_beside) const {
  if (layout_->tensor > 1) {
    pass.emplace_back(CollectiveWork{.collective = collective,
                                     .over = {Dimension::tensor},
                                     .bytes = tokens_ * model_->hidden * element(),
                                     .purpose = purpose,
                                     .runs_beside = runs_beside});
  }
}

void PieceWriter::sum(std::vector<Piece>& pass, Purpose purpose, bool runs_beside) const {
  over_tensor(pass, purpose,
              layout_->sequence_parallel ? Collective::reduce_scatter : Collective::all_reduce,
              runs_beside);
}

void PieceWriter::gather(std::vector<Piece>& pass, Purpose purpose, bool runs_beside) const {
  if (layout_->sequence_parallel) {
    over_tensor(pass, purpose, Collective::all_gather, runs_beside);
  }
}

void PieceWriter::weight_gradient(std::vector<Piece>& pass, double out, double in) const {
  gemm(pass, Purpose::weights, out, in, tokens_);
  if (!software_->fused_accumulation) {
    memory(pass, Purpose::weights, out * in * (software_->element + (2 * software_->gradient)));
  }
}

void PieceWriter::norm_forward(std::vector<Piece>& pass) const {
  constexpr double elements = 2;
  vectors(pass, Purpose::forward, elements);
}

void PieceWriter::norm_backward(std::vector<Piece>& pass) const {
  constexpr double elements = 4;
  vectors(pass, Purpose::inputs, elements);
}

void PieceWriter::add_forward(std::vector<Piece>& pass) const {
  const double mask = software_->dropout ? 1 : 0;
  constexpr double elements = 3;  // two read, one written
  if (software_->fused_elementwise) {
    vectors(pass, Purpose::forward, elements, mask);
    return;
  }
  if (model_->biases) {
    vectors(pass, Purpose::forward, 2);
  }
  if (software_->dropout) {
    vectors(pass, Purpose::forward, 2, mask);
  }
  vectors(pass, Purpose::forward, elements);
}

void PieceWriter::add_backward(std::vector<Piece>& pass) const {
  if (software_->dropout) {
    vectors(pass, Purpose::inputs, 2, 1);
  }
}

}  // namespace workloads
