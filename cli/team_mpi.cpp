// With MPI: those that mpirun or srun started together.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <mpi.h>

#include "cli/team.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

constexpr int ask_tag = 1;
constexpr int task_tag = 2;

class Mpi final : public Team {
 public:
  Mpi() {
    int provided = 0;
    // One thread at a time: workers ask, the main thread serves.
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    if (provided < MPI_THREAD_SERIALIZED && size_ > 1) {
      throw sim::Failure{"this MPI cannot be used by several threads"};
    }
  }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;
  Mpi(Mpi&&) = delete;
  Mpi& operator=(Mpi&&) = delete;
  ~Mpi() override { MPI_Finalize(); }

  [[nodiscard]] bool is_leader() const override { return rank_ == 0; }
  [[nodiscard]] int size() const override { return size_; }

  [[nodiscard]] std::vector<std::string> gather(const std::string& text) override {
    // In pieces: MPI counts in int.
    std::vector<std::string> all(is_leader() ? static_cast<std::size_t>(size_) : 0);
    if (!is_leader()) {
      send_text(text);
      return all;
    }
    all.front() = text;
    for (int rank = 1; rank < size_; ++rank) {
      all[static_cast<std::size_t>(rank)] = receive_text(rank);
    }
    return all;
  }

  [[nodiscard]] Task ask(std::int64_t done) override {
    MPI_Send(&done, 1, MPI_INT64_T, 0, ask_tag, MPI_COMM_WORLD);
    Task task;
    MPI_Recv(&task, sizeof task, MPI_BYTE, 0, task_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return task;
  }

  void serve(const std::function<Task()>& next,
             const std::function<void(std::int64_t)>& on_done) override {
    int at_work = size_ - 1;
    while (at_work > 0) {
      int is_there = 0;
      MPI_Status status;
      MPI_Iprobe(MPI_ANY_SOURCE, ask_tag, MPI_COMM_WORLD, &is_there, &status);
      if (is_there == 0) {
        constexpr std::chrono::milliseconds pause{1};
        std::this_thread::sleep_for(pause);
        continue;
      }
      std::int64_t done = 0;
      MPI_Recv(&done, 1, MPI_INT64_T, status.MPI_SOURCE, ask_tag, MPI_COMM_WORLD,
               MPI_STATUS_IGNORE);
      const bool leaves = done < 0;
      on_done(leaves ? 0 : done);
      const Task task = leaves ? Task{} : next();
      at_work -= task.point < 0 ? 1 : 0;
      MPI_Send(&task, sizeof task, MPI_BYTE, status.MPI_SOURCE, task_tag, MPI_COMM_WORLD);
    }
  }

  void give_up(int exit_code) override { MPI_Abort(MPI_COMM_WORLD, exit_code); }

 private:
  static constexpr std::size_t piece = std::size_t{1} << 30U;

  static void send_text(const std::string& text) {
    const auto length = static_cast<std::uint64_t>(text.size());
    MPI_Send(&length, 1, MPI_UINT64_T, 0, task_tag, MPI_COMM_WORLD);
    for (std::size_t at = 0; at < text.size(); at += piece) {
      MPI_Send(&text[at], static_cast<int>(std::min(piece, text.size() - at)), MPI_BYTE, 0,
               task_tag, MPI_COMM_WORLD);
    }
  }

  static std::string receive_text(int rank) {
    std::uint64_t length = 0;
    MPI_Recv(&length, 1, MPI_UINT64_T, rank, task_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    std::string text(length, '\0');
    for (std::size_t at = 0; at < text.size(); at += piece) {
      MPI_Recv(&text[at], static_cast<int>(std::min(piece, text.size() - at)), MPI_BYTE, rank,
               task_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    return text;
  }

  int rank_ = 0;
  int size_ = 1;
};

/// Has one of the usual starters started this process, with others? Otherwise MPI is left alone: it
/// takes a while to begin.
bool was_started_with_others() {
  constexpr std::array<const char*, 3> variables{"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"};
  return std::ranges::any_of(variables,
                             [](const char* name) { return std::getenv(name) != nullptr; });
}

}  // namespace

std::unique_ptr<Team> join_team() {
  if (was_started_with_others()) {
    return std::make_unique<Mpi>();
  }
  return team_of_one();
}

}  // namespace cli
