#include "calibration/probe/nccl_ranks.hpp"

#include <algorithm>
#include <barrier>
#include <bit>
#include <cstdint>
#include <exception>
#include <span>
#include <thread>
#include <vector>

#include "calibration/probe/check.hpp"
#include "calibration/probe/kernels.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

constexpr std::size_t element_bytes = 2;
constexpr ncclDataType_t element = ncclBfloat16;
constexpr unsigned half_word = 16;  // a bfloat16 is the upper half of a float

}  // namespace

void NcclRanks::launch(const NcclLibrary& nccl, const Collective& what, const Rank& rank) {
  const std::size_t count = std::max<std::size_t>(what.bytes / element_bytes, 1);
  const std::size_t share = std::max<std::size_t>(count / what.ranks, 1);
  const std::byte* send = rank.send.data();
  std::byte* receive = rank.receive.data();
  cudaStream_t stream = rank.stream.get();
  if (what.op == "all_reduce") {
    check(nccl.all_reduce(send, receive, count, element, ncclSum, rank.comm, stream));
  } else if (what.op == "all_gather") {
    check(nccl.all_gather(send, receive, share, element, rank.comm, stream));
  } else if (what.op == "reduce_scatter") {
    check(nccl.reduce_scatter(send, receive, share, element, ncclSum, rank.comm, stream));
  } else if (what.op == "broadcast") {
    check(nccl.broadcast(send, receive, count, element, 0, rank.comm, stream));
  } else if (what.op == "all_to_all") {
    check(nccl.group_start());
    for (std::size_t peer = 0; peer < what.ranks; ++peer) {
      const std::size_t offset = peer * share * element_bytes;
      const int other = static_cast<int>(peer);
      check(nccl.send(send + offset, share, element, other, rank.comm, stream));
      check(nccl.receive(receive + offset, share, element, other, rank.comm, stream));
    }
    check(nccl.group_end());
  } else if (what.op == "send_receive") {
    const int ranks = static_cast<int>(what.ranks);
    check(nccl.group_start());
    check(nccl.send(send, count, element, (rank.number + 1) % ranks, rank.comm, stream));
    check(nccl.receive(receive, count, element, (rank.number + ranks - 1) % ranks, rank.comm,
                       stream));
    check(nccl.group_end());
  } else {
    throw sim::Failure{"no collective called " + what.op};
  }
}

NcclRanks::NcclRanks(const World& world, const Gpu& gpu, const NcclLibrary& nccl, int count)
    : world_{&world}, nccl_{&nccl}, count_{count}, home_{gpu.facts().device} {
  const bool alone = world.size() == 1;
  ncclUniqueId id{};
  if (world.rank() == 0) {
    check(nccl.get_unique_id(&id));
  }
  world.broadcast(std::as_writable_bytes(std::span{&id, 1}));
  ranks_.resize(alone ? static_cast<std::size_t>(count) : 1);
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    ranks_[i].number = alone ? static_cast<int>(i) : world.rank();
    // One rank alone takes the GPU that was asked for; several take the first ones.
    ranks_[i].device = alone && count > 1 ? static_cast<int>(i) : home_;
  }
  on_each([&](Rank& rank) {
    rank.stream = make_stream(Priority::normal);
    rank.start = make_event();
    rank.stop = make_event();
    check(nccl.comm_init_rank(&rank.comm, count, id, rank.number));
  });
}

NcclRanks::~NcclRanks() {
  // After an error other ranks may never come to the end of what this one would wait for.
  auto* const end = std::uncaught_exceptions() > 0 ? nccl_->comm_abort : nccl_->comm_destroy;
  for (Rank& rank : ranks_) {
    cudaSetDevice(rank.device);
    if (rank.comm != nullptr) {
      end(rank.comm);
    }
    rank.send = {};
    rank.receive = {};
    rank.stream = {};
    rank.start = {};
    rank.stop = {};
  }
  cudaSetDevice(home_);
}

void NcclRanks::reserve(std::size_t bytes) {
  on_each([&](Rank& rank) {
    if (rank.send.size() < bytes) {
      rank.send = {};
      rank.receive = {};
      rank.send = DeviceBuffer{aligned(bytes)};
      rank.receive = DeviceBuffer{aligned(bytes)};
      const auto seed = static_cast<std::uint32_t>(100 + rank.number);
      launch_fill(Format::bfloat16, rank.send.data(), rank.send.size(), seed, rank.stream.get());
      check(cudaStreamSynchronize(rank.stream.get()));
    }
  });
}

double NcclRanks::time_once(const Collective& what, const Rank& rank, int launches) const {
  if (world_->size() > 1) {
    world_->barrier();
  }
  check(cudaEventRecord(rank.start.get(), rank.stream.get()));
  for (int i = 0; i < launches; ++i) {
    launch(*nccl_, what, rank);
  }
  check(cudaEventRecord(rank.stop.get(), rank.stream.get()));
  check(cudaEventSynchronize(rank.stop.get()));
  return seconds_between(rank.start, rank.stop) / launches;
}

std::vector<double> NcclRanks::repeat(const Collective& what, int count, int launches) {
  std::vector<double> slowest(static_cast<std::size_t>(count), 0);
  std::vector<std::vector<double>> all(ranks_.size(), slowest);
  std::barrier together{static_cast<std::ptrdiff_t>(ranks_.size())};
  on_each([&](Rank& rank) {
    try {
      for (double& seconds : all[static_cast<std::size_t>(&rank - ranks_.data())]) {
        together.arrive_and_wait();
        seconds = time_once(what, rank, launches);
      }
    } catch (...) {
      together.arrive_and_drop();  // the other threads do not wait for this one
      throw;
    }
  });
  for (std::size_t i = 0; i < slowest.size(); ++i) {
    for (const std::vector<double>& one : all) {
      slowest[i] = std::max(slowest[i], one[i]);
    }
    slowest[i] = world_->largest(slowest[i]);
  }
  return slowest;
}

void NcclRanks::check_sum() {
  constexpr std::size_t elements = 2048;
  const Collective what{.op = "all_reduce",
                        .bytes = elements * element_bytes,
                        .ranks = static_cast<std::size_t>(count_)};
  reserve(what.bytes);
  // Ones, of as many ranks as a bfloat16 of 8 bits counts without rounding; zeros of the others.
  constexpr int ranks_most = 256;
  constexpr std::uint16_t one = 0x3F80;
  on_each([&](Rank& rank) {
    std::vector<std::uint16_t> raw(elements, rank.number < ranks_most ? one : 0);
    check(cudaMemcpyAsync(rank.send.data(), raw.data(), what.bytes, cudaMemcpyHostToDevice,
                          rank.stream.get()));
    launch(*nccl_, what, rank);
    // Before a copy that would wait in the driver, while other ranks still have to launch.
    check(cudaStreamSynchronize(rank.stream.get()));
    check(cudaMemcpyAsync(raw.data(), rank.receive.data(), what.bytes, cudaMemcpyDeviceToHost,
                          rank.stream.get()));
    const auto seed = static_cast<std::uint32_t>(100 + rank.number);
    launch_fill(Format::bfloat16, rank.send.data(), what.bytes, seed, rank.stream.get());
    check(cudaStreamSynchronize(rank.stream.get()));
    const auto expected = static_cast<float>(std::min(count_, ranks_most));
    const bool is_right = std::ranges::all_of(raw, [&](std::uint16_t bits) {
      return std::bit_cast<float>(std::uint32_t{bits} << half_word) == expected;
    });
    if (!is_right) {
      throw sim::Failure{"NCCL's all_reduce gave a wrong sum"};
    }
  });
}

void NcclRanks::on_each(const std::function<void(Rank&)>& work) {
  if (ranks_.size() == 1) {
    check(cudaSetDevice(ranks_[0].device));
    work(ranks_[0]);
    return;
  }
  std::vector<std::exception_ptr> failures(ranks_.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < ranks_.size(); ++i) {
      threads.emplace_back([&, i] {
        try {
          check(cudaSetDevice(ranks_[i].device));
          work(ranks_[i]);
        } catch (...) {
          failures[i] = std::current_exception();
        }
      });
    }
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  }
}

}  // namespace probe
