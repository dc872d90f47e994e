#pragma once
// Processes that do the points of a sweep together: one, or those that mpirun or srun started.
//
// The first of them, the leader, knows what is to be done and hands it out. Built with MPI, those
// of one start are a team (team_mpi.cpp); without it, every process is alone (team_none.cpp).

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cli {

/// A point to be done; below 0: there is none left. With the hash of what is known of it.
struct Task {
  std::int64_t point = -1;
  std::array<char, 17> done{};  // 16 hexadecimal digits and a 0; empty: nothing is known
};

class Team {
 public:
  Team() = default;
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  Team(Team&&) = delete;
  Team& operator=(Team&&) = delete;
  virtual ~Team() = default;

  [[nodiscard]] virtual bool is_leader() const = 0;
  [[nodiscard]] virtual int size() const = 0;

  /// Every member says a text; the leader gets all of them, in order, the others nothing. All
  /// members call it.
  [[nodiscard]] virtual std::vector<std::string> gather(const std::string& text) = 0;

  /// Of members that do not lead: the next task, from the leader, who is told how many tasks were
  /// done since the last call; below 0, that this member leaves. One thread at a time, and not
  /// again after the answer that there is none left.
  [[nodiscard]] virtual Task ask(std::int64_t done) = 0;

  /// Of the leader: answers the others with what `next` gives, telling `on_done` of what they say
  /// they have done, until all of them have left or know that there is none left.
  virtual void serve(const std::function<Task()>& next,
                     const std::function<void(std::int64_t)>& on_done) = 0;

  /// Something went wrong, and was said: the others end, too, as they would wait for this one. A
  /// team of one goes on.
  virtual void give_up(int exit_code) = 0;
};

/// The team of this process. Once per run of the program.
[[nodiscard]] std::unique_ptr<Team> join_team();

/// A team of nobody else.
[[nodiscard]] std::unique_ptr<Team> team_of_one();

}  // namespace cli
