#pragma once
// The processes that measure together: one, or those that mpirun started.

#include <cstddef>
#include <memory>
#include <span>

namespace probe {

/// What processes tell each other. Every call is made by all of them, in the same order.
class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  World(World&&) = delete;
  World& operator=(World&&) = delete;
  virtual ~World() = default;

  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  [[nodiscard]] virtual int rank_on_host() const = 0;

  /// Process 0's bytes, at all of them.
  virtual void broadcast(std::span<std::byte> bytes) const = 0;

  /// The largest value, at all of them.
  [[nodiscard]] virtual double largest(double value) const = 0;

  virtual void barrier() const = 0;

  /// Ends all other processes, which would wait for this one for ever, and this one with `code`.
  /// Alone it does nothing.
  virtual void abandon(int code) const = 0;
};

/// This process alone, or with those that a launcher started with it.
[[nodiscard]] std::unique_ptr<World> make_world();

/// The processes of MPI_COMM_WORLD. Throws sim::Error if this was built without MPI.
[[nodiscard]] std::unique_ptr<World> make_launched_world();

}  // namespace probe
