#include "cli/options.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

namespace po = boost::program_options;

constexpr std::array<std::string_view, 3> repeatable{"set", "where", "maximise"};

po::options_description describe(const Command& command) {
  po::options_description description;
  for (const Option& option : command.options) {
    const std::string name = option.letter == 0 ? std::string{option.name}
                                                : fmt::format("{},{}", option.name, option.letter);
    if (option.argument.empty()) {
      description.add_options()(name.c_str(), "");
    } else {
      description.add_options()(name.c_str(), po::value<std::vector<std::string>>(), "");
    }
  }
  for (const std::string_view name : command.positional) {
    description.add_options()(std::string{name}.c_str(), po::value<std::vector<std::string>>(), "");
  }
  if (!command.more_words.empty()) {
    description.add_options()(std::string{command.more_words}.c_str(),
                              po::value<std::vector<std::string>>(), "");
  }
  return description;
}

[[noreturn]] void fail_unknown(const Command& command, const std::string& word) {
  std::vector<std::string> names;
  std::ranges::transform(command.options, std::back_inserter(names),
                         [](const Option& option) { return fmt::format("--{}", option.name); });
  const std::vector<std::string_view> views{names.begin(), names.end()};
  throw sim::Error{
      fmt::format("espalier {}", command.name),
      fmt::format("unknown option '{}'\n  hint: {}", word, sim::suggestion(word, views))};
}

}  // namespace

Arguments::Arguments(const Command& command, const std::vector<std::string>& words)
    : command_{fmt::format("espalier {}", command.name)} {
  const po::options_description description = describe(command);
  po::positional_options_description positional;
  for (const std::string_view name : command.positional) {
    positional.add(std::string{name}.c_str(), 1);
  }
  if (!command.more_words.empty()) {
    positional.add(std::string{command.more_words}.c_str(), -1);
  }
  constexpr int style = (po::command_line_style::unix_style &
                         ~static_cast<int>(po::command_line_style::allow_guessing));
  try {
    const auto parsed = po::command_line_parser{words}
                            .options(description)
                            .positional(positional)
                            .style(style)
                            .run();
    for (const auto& option : parsed.options) {
      const bool repeats = std::ranges::find(repeatable, option.string_key) != repeatable.end() ||
                           option.string_key == command.more_words;
      if (has(option.string_key) && !repeats) {
        throw sim::Error{command_, fmt::format("--{} is given twice", option.string_key)};
      }
      if (option.value.empty()) {
        given_.push_back({option.string_key, {}});
      }
      for (const std::string& value : option.value) {
        given_.push_back({option.string_key, value});
      }
    }
  } catch (const po::unknown_option& unknown) {
    fail_unknown(command, unknown.get_option_name());
  } catch (const po::too_many_positional_options_error&) {
    throw sim::Error{command_, fmt::format("too many words: {}", command.usage)};
  } catch (const po::error& error) {
    throw sim::Error{command_, error.what()};
  }
}

bool Arguments::has(std::string_view name) const {
  return std::ranges::find(given_, name, &Given::name) != given_.end();
}

std::optional<std::string> Arguments::find(std::string_view name) const {
  const auto found = std::ranges::find(given_, name, &Given::name);
  return found == given_.end() ? std::nullopt : std::optional{found->value};
}

std::string Arguments::at(std::string_view name) const {
  auto found = find(name);
  if (!found) {
    throw sim::Error{command_, fmt::format("missing {}", name)};
  }
  return *std::move(found);
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const Given& given : given_) {
    if (given.name == name) {
      values.push_back(given.value);
    }
  }
  return values;
}

std::string help_text(const Command& command) {
  std::string out = fmt::format("{}\n\nexamples:\n", command.summary);
  std::string_view rest = command.examples;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    out += fmt::format("  {}\n", rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  out += fmt::format("\nusage: {}\n\noptions:\n", command.usage);
  for (const Option& option : command.options) {
    const std::string letter = option.letter == 0 ? "    " : fmt::format("-{}, ", option.letter);
    out += fmt::format(
        "  {}{:<24} {}\n", letter,
        fmt::format("--{}{}{}", option.name, option.argument.empty() ? "" : " ", option.argument),
        option.help);
  }
  return out;
}

}  // namespace cli
