// Watches streamed text for stop strings, and holds back what may be the begin of one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sextant::lm {

class StopStrings {
 public:
  // Empty strings are ignored.
  explicit StopStrings(std::vector<std::string> stops);

  // Adds text and returns what is safe to show. After a stop string: the text before it, and
  // stopped() is true; later calls return nothing.
  std::string push(std::string_view text);

  // What was held back, at the end of the text.
  std::string finish();

  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string pending_;
  bool stopped_ = false;
};

}  // namespace sextant::lm
