#include "collectives/schedule.hpp"

#include <doctest/doctest.h>

#include "tests/collectives/support.hpp"

using collectives::ChunkLayout;
using collectives::ChunkRange;

TEST_CASE("schedule: the parts of any size add up to it, and differ by a byte at most") {
  for (const std::int64_t bytes : {0, 1, 5, 7, 8, 1000, 1'000'003}) {
    for (const std::int32_t parts : {1, 2, 3, 7, 8, 64}) {
      const ChunkLayout layout{sim::Bytes{bytes}, parts};
      sim::Bytes sum{0};
      for (std::int32_t i = 0; i < parts; ++i) {
        const sim::Bytes size = layout.size({i, 1});
        CHECK(size.count() - (bytes / parts) <= 1);
        CHECK(size.count() >= bytes / parts);
        CHECK(layout.size({i + (5 * parts), 1}) == size);  // the same part of another block
        sum += size;
      }
      CHECK(sum == sim::Bytes{bytes});
      CHECK(layout.size({0, parts}) == sim::Bytes{bytes});
    }
  }
}

TEST_CASE("schedule: a walk over chunks wraps in both directions") {
  constexpr collectives::ChunkWalk back{
      .base = 10, .start = 1, .stride = -1, .modulus = 4, .width = 2};
  static_assert(back.at(0).first == 12);
  static_assert(back.at(1).first == 10);
  static_assert(back.at(2).first == 16);
  static_assert(back.at(1'000'000'000).count == 2);
}

TEST_CASE("schedule: a condition names a message by its distance, and stops at the last") {
  static_assert(!collectives::awaited({{}, 1}, 0, 5).exists);
  static_assert(collectives::awaited({{}, 1}, 3, 5).message == 2);
  static_assert(collectives::awaited({{}, -2}, 1, 3).message == 2);
  static_assert(collectives::awaited({{}, collectives::lag_all}, 0, 7).message == 6);
}

TEST_CASE("schedule: a ring over 16,384 ranks stays small") {
  const Machine machine{"ring:16384"};
  const auto schedule =
      algorithm(collectives::Collective::all_reduce, "ring")
          .build(machine.request(collectives::Collective::all_reduce, sim::Bytes{1 << 30}));
  CHECK(schedule.transfers().size() == 2 * 16'384);
  CHECK(schedule.messages() == 2LL * 16'384 * 16'383);
}
