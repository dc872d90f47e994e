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

CollectiveWork PieceWriter::over_tensor(Purpose purpose, Collective collective, double share,
                                        bool runs_beside) const {
  return {.collective = collective,
          .over = {Dimension::tensor},
          .bytes = tokens_ * model_->hidden * element() * share,
          .purpose = purpose,
          .runs_beside = runs_beside};
}

void PieceWriter::sum(std::vector<Piece>& pass, Purpose purpose, Beside beside) const {
  if (layout_->tensor == 1) {
    return;
  }
  const Collective collective =
      layout_->sequence_parallel ? Collective::reduce_scatter : Collective::all_reduce;
  if (beside == Beside::product && software_->overlap_tensor == TensorOverlap::all) {
    const double last = 1.0 / layout_->tensor;
    pass.insert(pass.end() - 1, over_tensor(purpose, collective, 1 - last, true));
    pass.emplace_back(over_tensor(purpose, collective, last, false));
    return;
  }
  pass.emplace_back(over_tensor(purpose, collective, 1, runs_beside(beside)));
}

void PieceWriter::gather(std::vector<Piece>& pass, Purpose purpose, Beside beside) const {
  if (layout_->tensor == 1 || !layout_->sequence_parallel) {
    return;
  }
  if (beside == Beside::product && software_->overlap_tensor == TensorOverlap::all) {
    const double first = 1.0 / layout_->tensor;
    pass.emplace_back(over_tensor(purpose, Collective::all_gather, first, false));
    pass.emplace_back(over_tensor(purpose, Collective::all_gather, 1 - first, true));
    return;
  }
  pass.emplace_back(over_tensor(purpose, Collective::all_gather, 1, runs_beside(beside)));
}

bool PieceWriter::runs_beside(Beside beside) const {
  return beside == Beside::other_product && software_->overlap_tensor != TensorOverlap::none;
}

void PieceWriter::gemm(std::vector<Piece>& pass, Purpose purpose, double m, double n,
                       double k) const {
  pass.emplace_back(KernelWork{.kind = KernelWork::Kind::gemm,
                               .size = {m, n, k},
                               .purpose = purpose,
                               .is_wide = software_->precision != Precision::fp8});
}

void PieceWriter::cast(std::vector<Piece>& pass, Purpose purpose, double elements) const {
  if (software_->precision == Precision::fp8) {
    memory(pass, purpose, elements * (element() + 2));  // a byte each, once more transposed
  }
}

void PieceWriter::product(std::vector<Piece>& pass, double out, double in) const {
  cast(pass, Purpose::forward, tokens_ * in);
  gemm(pass, Purpose::forward, tokens_, out, in);
}

void PieceWriter::input_gradient(std::vector<Piece>& pass, double out, double in) const {
  cast(pass, Purpose::inputs, tokens_ * out);
  gemm(pass, Purpose::inputs, tokens_, in, out);
}

double PieceWriter::sum_bytes() const {
  return accumulation_bytes(*software_);
}

void PieceWriter::weight_gradient(std::vector<Piece>& pass, double out, double in) const {
  gemm(pass, Purpose::weights, out, in, tokens_);
  memory(pass, Purpose::weights, out * in * sum_bytes());
  if (model_->biases) {
    memory(pass, Purpose::weights, tokens_ * out * element());
  }
}

void PieceWriter::norm_forward(std::vector<Piece>& pass) const {
  constexpr double elements = 2;
  elementwise(pass, Purpose::forward, outside_ * model_->hidden * elements * element());
}

void PieceWriter::norm_backward(std::vector<Piece>& pass) const {
  constexpr double elements = 3;
  vectors(pass, Purpose::inputs, elements);
  if (!software_->fused_norm) {
    vectors(pass, Purpose::weights, 2);
  }
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
