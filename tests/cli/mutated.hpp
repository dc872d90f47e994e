#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace cli_test {

/// `text` with one to three bytes or stretches changed, removed, repeated or put elsewhere.
inline std::string mutated(std::string text, std::mt19937& random) {
  using namespace std::string_view_literals;
  constexpr std::string_view alphabet = "#,.\"{}[]:-+0159eEnaif /\n\r\t\x80\x01\x00"sv;
  const std::size_t changes = 1 + (random() % 3);
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    const std::size_t length = 1 + (random() % 12);
    switch (random() % 6) {
      case 0:
        text[at] = alphabet[random() % alphabet.size()];
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, 1, alphabet[random() % alphabet.size()]);
        break;
      case 3:
        text.insert(random() % text.size(), text.substr(at, length * 8));
        break;
      case 4:
        text.replace(at, length, text.substr(random() % text.size(), length));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

}  // namespace cli_test
