#include "cli/team.hpp"

namespace cli {
namespace {

class Alone final : public Team {
 public:
  [[nodiscard]] bool is_leader() const override { return true; }
  [[nodiscard]] int size() const override { return 1; }
  [[nodiscard]] std::vector<std::string> gather(const std::string& text) override { return {text}; }
  [[nodiscard]] Task ask(std::int64_t /*done*/) override { return {}; }
  void serve(const std::function<Task()>& /*next*/,
             const std::function<void(std::int64_t)>& /*on_done*/) override {}
  void give_up(int /*exit_code*/) override {}
};

}  // namespace

std::unique_ptr<Team> team_of_one() {
  return std::make_unique<Alone>();
}

}  // namespace cli
