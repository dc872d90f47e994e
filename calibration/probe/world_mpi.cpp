// Built where CMake finds MPI.

#include <mpi.h>

#include "calibration/probe/world.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

void check_mpi(int code) {
  if (code != MPI_SUCCESS) {
    throw sim::Failure{"MPI failed"};
  }
}

class WorldMpi : public World {
 public:
  WorldMpi() {
    int given = 0;
    check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given));
    check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &rank_));
    check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &size_));
    MPI_Comm host = MPI_COMM_NULL;
    check_mpi(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host));
    check_mpi(MPI_Comm_rank(host, &rank_on_host_));
    check_mpi(MPI_Comm_free(&host));
  }
  WorldMpi(const WorldMpi&) = delete;
  WorldMpi& operator=(const WorldMpi&) = delete;
  WorldMpi(WorldMpi&&) = delete;
  WorldMpi& operator=(WorldMpi&&) = delete;
  ~WorldMpi() override { MPI_Finalize(); }

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] int rank_on_host() const override { return rank_on_host_; }

  void broadcast(std::span<std::byte> bytes) const override {
    check_mpi(MPI_Bcast(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, 0, MPI_COMM_WORLD));
  }

  [[nodiscard]] double largest(double value) const override {
    double result = 0;
    check_mpi(MPI_Allreduce(&value, &result, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
    return result;
  }

  void barrier() const override { check_mpi(MPI_Barrier(MPI_COMM_WORLD)); }

  void abandon(int code) const override { MPI_Abort(MPI_COMM_WORLD, code); }

 private:
  int rank_ = 0;
  int size_ = 1;
  int rank_on_host_ = 0;
};

}  // namespace

std::unique_ptr<World> make_launched_world() {
  return std::make_unique<WorldMpi>();
}

}  // namespace probe
