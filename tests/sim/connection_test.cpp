#include "sim/connection.hpp"

#include <random>

#include <doctest/doctest.h>

using sim::Connection;
using namespace sim::literals;

TEST_CASE("connection: messages become numbered packets, the last one of each shorter") {
  Connection connection;
  connection.add(2500_B, 1000_B);
  connection.add(0_B, 1000_B);
  const auto first = connection.take(1000_B);
  CHECK(first.number == 0);
  CHECK(first.data == 1000);
  CHECK(!first.ends);
  CHECK(connection.take(1000_B).data == 1000);
  const auto last = connection.take(1000_B);
  CHECK(last.data == 500);
  CHECK(last.ends);
  CHECK(last.leaves);
  const auto empty = connection.take(1000_B);
  CHECK(empty.number == 3);
  CHECK(empty.data == 0);
  CHECK(empty.ends);
  CHECK(!connection.has_next());
  CHECK(connection.under_way() == 4);
}

TEST_CASE("connection: a gap is told once, and going back sends the same packets again") {
  Connection connection;
  connection.add(4000_B, 1000_B);
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(connection.take(1000_B));
  }
  CHECK(connection.on_arrival(0, false) == Connection::Receipt::taken);
  CHECK(connection.on_arrival(2, false) == Connection::Receipt::gap);  // 1 is lost
  CHECK(connection.on_arrival(3, false) == Connection::Receipt::unwanted);
  CHECK(connection.expected() == 1);
  CHECK(!connection.take_delivered());
  CHECK(connection.go_back(1));
  CHECK(!connection.go_back(0));  // that was taken
  for (std::uint32_t number = 1; number < 4; ++number) {
    const auto piece = connection.take(1000_B);
    CHECK(piece.number == number);
    CHECK(!piece.leaves);  // it has left before
    CHECK(connection.on_arrival(number, false) == Connection::Receipt::taken);
  }
  CHECK(connection.on_arrival(3, false) == Connection::Receipt::unwanted);  // it was taken
  CHECK(connection.take_delivered() == 4000_B);
  CHECK(!connection.take_delivered());
  CHECK(connection.is_done());
}

TEST_CASE("connection: what was on its way when the sender went back is not sent again") {
  Connection connection;
  connection.add(2000_B, 1000_B);
  connection.add(1000_B, 1000_B);
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(connection.take(1000_B));
  }
  CHECK(connection.start_again());  // the timer was too short
  CHECK(connection.next() == 0);
  for (std::uint32_t number = 0; number < 2; ++number) {
    CHECK(connection.on_arrival(number, false) == Connection::Receipt::taken);
  }
  CHECK(connection.take_delivered() == 2000_B);
  CHECK(connection.next() == 2);
  CHECK(connection.take(1000_B).number == 2);
  CHECK(connection.on_arrival(2, false) == Connection::Receipt::taken);
  CHECK(connection.take_delivered() == 1000_B);
  CHECK(!connection.has_next());
}

TEST_CASE("connection: a gap is told again only when the sender has started again") {
  Connection connection;
  connection.add(4000_B, 1000_B);
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(connection.take(1000_B));
  }
  CHECK(connection.on_arrival(1, false) == Connection::Receipt::gap);
  CHECK(connection.go_back(0));
  CHECK(connection.on_arrival(2, false) == Connection::Receipt::unwanted);  // from before
  static_cast<void>(connection.take(1000_B));
  CHECK(connection.start_again());  // 0 was lost again
  CHECK(connection.on_arrival(3, false) == Connection::Receipt::gap);
}

TEST_CASE("connection: in any order a message is there when all of its packets are") {
  Connection connection;
  connection.add(3000_B, 1000_B);
  connection.add(1000_B, 1000_B);
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(connection.take(1000_B));
  }
  CHECK(connection.on_arrival(3, true) == Connection::Receipt::taken);
  CHECK(!connection.take_delivered());  // messages arrive in order
  for (const std::uint32_t number : {2U, 0U, 1U}) {
    CHECK(connection.on_arrival(number, true) == Connection::Receipt::taken);
  }
  CHECK(connection.take_delivered() == 3000_B);
  CHECK(connection.take_delivered() == 1000_B);
  CHECK(connection.is_done());
}

TEST_CASE("connection: whatever is lost, every message arrives once and in order") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    Connection connection;
    std::vector<sim::Bytes> sizes;
    for (int i = 0; i < 10; ++i) {
      sizes.emplace_back(static_cast<std::int64_t>(random() % 5000));
      connection.add(sizes.back(), 1000_B);
    }
    std::vector<sim::Bytes> arrived;
    for (int steps = 0; !connection.is_done() && steps < 100'000; ++steps) {
      if (!connection.has_next()) {
        CHECK(connection.go_back(connection.expected()));  // the timer
      }
      const auto piece = connection.take(1000_B);
      if (random() % 3 != 0 &&
          connection.on_arrival(piece.number, false) == Connection::Receipt::gap &&
          random() % 3 != 0) {
        connection.go_back(connection.expected());
      }
      while (const auto size = connection.take_delivered()) {
        arrived.push_back(*size);
      }
    }
    CHECK(arrived == sizes);
  }
}
