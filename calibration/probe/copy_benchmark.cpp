// Copies between the host, the device and other devices, and what they and a GEMM do to each other.
//
//   copy_h2d, copy_d2h  pinned: a stream of copies, one after another, on the GPU's clock
//                       pageable: by the host's clock, from the call until the data is there
//                       bidirectional: pinned, while copies the other way keep the link busy
//   copy_d2d            within the device; bytes are those copied, so twice as many are moved
//   copy_peer           from one GPU to another; directly where the machine allows it
//   copy_overlap        a GEMM beside copies from the host, and the other way round

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "calibration/probe/benchmarks.hpp"
#include "calibration/probe/check.hpp"
#include "calibration/probe/cublas_gemm.hpp"
#include "calibration/probe/gemm_buffers.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

constexpr std::size_t beside_bytes = std::size_t{64} << 20;  // of the copies that run beside

std::size_t bytes_of(const Point& point) {
  return static_cast<std::size_t>(calibration::shape_number(point.key.shape, "bytes"));
}

/// A buffer on another GPU, which this one reaches directly if it can.
class PeerBuffer {
 public:
  PeerBuffer(int here, int there, std::size_t bytes) : there_{there} {
    int reaches = 0;
    check(cudaDeviceCanAccessPeer(&reaches, here, there));
    if (reaches != 0) {
      const cudaError_t code = cudaDeviceEnablePeerAccess(there, 0);
      if (code != cudaErrorPeerAccessAlreadyEnabled) {
        check(code);
      }
      cudaGetLastError();
    }
    check(cudaSetDevice(there));
    try {
      buffer_ = DeviceBuffer{bytes};
    } catch (...) {
      cudaSetDevice(here);  // where the points that follow are measured
      throw;
    }
    check(cudaSetDevice(here));
  }

  [[nodiscard]] std::byte* data() const { return buffer_.data(); }
  [[nodiscard]] int device() const { return there_; }
  [[nodiscard]] std::size_t size() const { return buffer_.size(); }

 private:
  int there_;
  DeviceBuffer buffer_;
};

class CopyBenchmark : public Benchmark {
 public:
  CopyBenchmark(const Gpu& gpu, const Group& group)
      : gpu_{&gpu},
        device_{largest_of(group)},
        device_other_{device_.size()},
        pinned_{std::min(device_.size(), host_most)},
        pinned_other_{beside_bytes},
        pageable_(pinned_.size(), std::byte{1}) {
    constexpr std::uint32_t seed = 4;
    launch_fill(Format::bfloat16, device_.data(), device_.size(), seed, gpu.stream());
    check(cudaMemcpyAsync(pinned_.data(), device_.data(), pinned_.size(), cudaMemcpyDeviceToHost,
                          gpu.stream()));
    check(cudaStreamSynchronize(gpu.stream()));
  }

  std::unique_ptr<Subject> prepare(const Point& point) override {
    const std::string& op = point.key.op;
    const std::string& variant = point.key.variant;
    if (op == "copy_overlap") {
      return prepare_overlap(point);
    }
    const std::size_t bytes = bytes_of(point);
    if (op == "copy_d2d") {
      return one_by_one([this, bytes](cudaStream_t stream, std::size_t) {
        check(cudaMemcpyAsync(device_other_.data(), device_.data(), bytes, cudaMemcpyDeviceToDevice,
                              stream));
      });
    }
    if (op == "copy_peer") {
      return prepare_peer(point);
    }
    const bool to_device = op == "copy_h2d";
    if (variant == "pageable") {
      return make_host_subject(
          *gpu_, [this, bytes, to_device] { return pageable_seconds(bytes, to_device); }, 1);
    }
    const Launch copy = to_device ? h2d(bytes) : d2h(bytes);
    return variant == "bidirectional"
               ? make_subject_beside(*gpu_, copy, to_device ? d2h_beside() : h2d_beside())
               : one_by_one(copy);
  }

 private:
  static constexpr std::size_t host_most = std::size_t{256} << 20;

  static std::size_t largest_of(const Group& group) {
    std::size_t largest = beside_bytes;
    for (const Point& point : group.points) {
      largest = std::max(largest, bytes_of(point));
    }
    return aligned(largest);
  }

  [[nodiscard]] std::unique_ptr<Subject> one_by_one(Launch launch) const {
    return make_subject(*gpu_, {.launch = std::move(launch),
                                .cache = calibration::Cache::warm,
                                .replay = Workload::Replay::one_by_one});
  }

  [[nodiscard]] static Launch copying(std::byte* to, const std::byte* from, std::size_t bytes,
                                      cudaMemcpyKind kind) {
    return [=](cudaStream_t stream, std::size_t) {
      check(cudaMemcpyAsync(to, from, bytes, kind, stream));
    };
  }

  [[nodiscard]] Launch h2d(std::size_t bytes) const {
    return copying(device_.data(), pinned_.data(), bytes, cudaMemcpyHostToDevice);
  }
  [[nodiscard]] Launch d2h(std::size_t bytes) const {
    return copying(pinned_.data(), device_.data(), bytes, cudaMemcpyDeviceToHost);
  }
  [[nodiscard]] Launch h2d_beside() const {
    return copying(device_other_.data(), pinned_other_.data(), beside_bytes,
                   cudaMemcpyHostToDevice);
  }
  [[nodiscard]] Launch d2h_beside() const {
    return copying(pinned_other_.data(), device_other_.data(), beside_bytes,
                   cudaMemcpyDeviceToHost);
  }

  double pageable_seconds(std::size_t bytes, bool to_device) {
    const Seconds begin = host_now();
    if (to_device) {
      check(cudaMemcpyAsync(device_.data(), pageable_.data(), bytes, cudaMemcpyHostToDevice,
                            gpu_->stream()));
    } else {
      check(cudaMemcpyAsync(pageable_.data(), device_.data(), bytes, cudaMemcpyDeviceToHost,
                            gpu_->stream()));
    }
    check(cudaStreamSynchronize(gpu_->stream()));
    return (host_now() - begin).count();
  }

  std::unique_ptr<Subject> prepare_peer(const Point& point) {
    const int here = gpu_->facts().device;
    const auto number = static_cast<int>(calibration::shape_number(point.key.shape, "to"));
    // The plan counts from GPU 0; with --device the two change places.
    const int there = number == here ? 0 : number;
    const std::size_t bytes = bytes_of(point);
    if (peers_.empty() || peers_.back().device() != there || peers_.back().size() < bytes) {
      peers_.clear();
      peers_.emplace_back(here, there, std::max(bytes, beside_bytes));
    }
    return one_by_one(
        [this, there, here, bytes, to = peers_.back().data()](cudaStream_t stream, std::size_t) {
          check(cudaMemcpyPeerAsync(to, there, device_.data(), here, bytes, stream));
        });
  }

  std::unique_ptr<Subject> prepare_overlap(const Point& point) {
    const GemmShape shape = gemm_shape(point.key);
    GemmNeeds needs;
    needs.grow(gemm_bytes(shape));
    gemm_.reset();
    buffers_ = std::make_unique<GemmBuffers>(*gpu_, shape.format, needs);
    const GemmSets sets = buffers_->sets(gemm_bytes(shape));
    gemm_ = std::make_unique<CublasGemm>(library_, shape, 1);
    const Launch gemm = [this, sets](cudaStream_t stream, std::size_t) {
      gemm_->launch(sets.at(0), stream);
    };
    const Launch copy = h2d(bytes_of(point));
    const std::string& variant = point.key.variant;
    if (variant == "gemm_beside_h2d") {
      return make_subject_beside(*gpu_, gemm, copy);
    }
    if (variant == "h2d_beside_gemm") {
      return make_subject_beside(*gpu_, copy, gemm);
    }
    return one_by_one(variant == "gemm_alone" ? gemm : copy);
  }

  const Gpu* gpu_;
  DeviceBuffer device_;
  DeviceBuffer device_other_;
  PinnedBuffer pinned_;
  PinnedBuffer pinned_other_;
  std::vector<std::byte> pageable_;
  std::vector<PeerBuffer> peers_;  // at most the one in use
  CublasLt library_;
  std::unique_ptr<GemmBuffers> buffers_;
  std::unique_ptr<CublasGemm> gemm_;
};

}  // namespace

std::unique_ptr<Benchmark> make_copy_benchmark(const Gpu& gpu, const Group& group) {
  return std::make_unique<CopyBenchmark>(gpu, group);
}

}  // namespace probe
