#include "sextant/base/json.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sextant {
namespace {

// Builds the document from nlohmann's event stream and stops at the first breach.
class Builder : public JsonEvents {
 public:
  Builder(std::string_view what, const JsonLimits& limits, size_t text_bytes,
          std::span<const JsonStream> streams)
      : what_(what),
        limits_(limits),
        streams_(streams),
        budget_(limits.base_memory + limits.memory_per_byte * text_bytes) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override {
    return charge(value.capacity() + kStringBytes) && add(std::move(value));
  }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    if (!charge(kMapNodeBytes + (value.size() > 15 ? value.size() + 16 : 0))) {
      return false;
    }
    auto [place, inserted] = stack_.back()->get_ref<Json::object_t&>().try_emplace(value);
    if (!inserted) {
      return stop({.code = ErrorCode::kDataLoss,
                   .message = format("[base/json] {}: expected each key once, found \"{}\" twice",
                                     what_, printable(value, 80))});
    }
    slot_ = &place->second;
    key_ = value;
    return true;
  }

  Json take() { return std::move(root_); }

 private:
  // What a value costs on the heap, roughly: a map node, a string with its allocation.
  static constexpr size_t kMapNodeBytes = 112;
  static constexpr size_t kStringBytes = 48;

  bool charge(size_t bytes) {
    used_ += bytes;
    if (used_ <= budget_) {
      return true;
    }
    return stop(
        {.code = ErrorCode::kOutOfRange,
         .message = format("[base/json] {}: expected at most {} bytes of values, found more", what_,
                           budget_)});
  }

  template <class T>
  Json* place(T&& value) {
    if (stack_.empty()) {
      root_ = Json(std::forward<T>(value));
      return &root_;
    }
    if (stack_.back()->is_array()) {
      auto& array = stack_.back()->get_ref<Json::array_t&>();
      return &array.emplace_back(std::forward<T>(value));
    }
    *slot_ = Json(std::forward<T>(value));
    return slot_;
  }

  template <class T>
  bool add(T&& value) {
    if (!charge(3 * sizeof(Json))) {  // arrays double: old and new storage live together
      return false;
    }
    place(std::forward<T>(value));
    return deliver();
  }

  bool open(Json value) {
    if (stack_.size() >= static_cast<size_t>(limits_.max_depth)) {
      return stop({.code = ErrorCode::kOutOfRange,
                   .message = format("[base/json] {}: expected a depth of at most {}, found more",
                                     what_, limits_.max_depth)});
    }
    if (!charge(3 * sizeof(Json) + sizeof(Json::object_t) + 16)) {
      return false;
    }
    if (!stack_.empty()) {
      path_.push_back(stack_.back()->is_object() ? key_ : std::string());
    }
    stack_.push_back(place(std::move(value)));
    if (stream_ == nullptr) {
      const auto match = std::find_if(streams_.begin(), streams_.end(),
                                      [this](const JsonStream& s) { return s.path == path_; });
      if (match != streams_.end()) {
        stream_ = &*match;
        stream_depth_ = stack_.size();
        used_before_element_ = used_;
      }
    }
    return true;
  }

  bool close() {
    if (stream_ != nullptr && stack_.size() == stream_depth_) {
      stream_ = nullptr;
    }
    stack_.pop_back();
    if (!path_.empty()) {
      path_.pop_back();
    }
    return deliver();
  }

  // After each complete value: passes it on if it is an element of the streamed container.
  bool deliver() {
    if (stream_ == nullptr || stack_.size() != stream_depth_) {
      return true;
    }
    Json& container = *stack_.back();
    const Result<void> taken = container.is_array()
                                   ? stream_->each("", container.back())
                                   : stream_->each(container.begin().key(), container.front());
    container.clear();
    used_ = used_before_element_;
    return taken.has_value() || stop(taken.error());
  }

  std::string_view what_;
  const JsonLimits& limits_;
  std::span<const JsonStream> streams_;
  size_t budget_;
  size_t used_ = 0;
  Json root_;
  std::vector<Json*> stack_;
  std::vector<std::string> path_;  // the keys under which stack_[1], [2], ... stand
  std::string key_;                // the last key read
  Json* slot_ = nullptr;
  const JsonStream* stream_ = nullptr;  // inside its container
  size_t stream_depth_ = 0;
  size_t used_before_element_ = 0;
};

// Finds what nlohmann's parser must not see: a zero byte, which it takes for the end of the text so
// that the rest would go unread, and tokens of many megabytes.
Result<void> check_tokens(std::string_view text, std::string_view what, size_t max_bytes) {
  const auto ends_token = [](char c) {  // what stands between tokens
    return c <= ' ' || c == ',' || c == ':' || c == '[' || c == ']' || c == '{' || c == '}';
  };
  bool in_text = false;
  size_t begin = 0;  // of the present token
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0') {
      return fail(ErrorCode::kDataLoss, "[base/json] {}: not JSON at byte {}: a zero byte", what,
                  i);
    }
    if (i - begin > max_bytes) {
      return fail(
          ErrorCode::kOutOfRange,
          "[base/json] {}: expected texts of at most {} bytes, found a longer one at byte {}", what,
          max_bytes, begin);
    }
    if (in_text && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_text = !in_text;
      begin = i;
    } else if (!in_text && ends_token(c)) {
      begin = i + 1;
    }
  }
  return {};
}

}  // namespace

bool JsonEvents::parse_error(std::size_t position, const std::string&, const Json::exception& e) {
  // "[json.exception...] parse error at line 1, column 3: syntax error while ...": the last part.
  std::string_view reason = e.what();
  for (const std::string_view mark : {"] ", ", column ", ": "}) {
    const size_t place = reason.find(mark);
    reason.remove_prefix(place == reason.npos ? 0 : place + mark.size());
  }
  return stop({.code = ErrorCode::kDataLoss,
               .message = format("[base/json] {}: not JSON at byte {}: {}", what_, position,
                                 printable(reason, 160))});
}

Result<void> read_json(std::string_view text, std::string_view what, const JsonLimits& limits,
                       JsonEvents& events) {
  if (text.size() > limits.max_bytes) {
    return fail(ErrorCode::kOutOfRange, "[base/json] {}: expected at most {} bytes, found {}", what,
                limits.max_bytes, text.size());
  }
  SEXTANT_TRY_VOID(check_tokens(text, what, limits.max_token_bytes));
  events.what_ = what;
  if (!Json::sax_parse(text.begin(), text.end(), &events)) {
    return Failure(std::move(events.error_));
  }
  return {};
}

Result<Json> parse_json(std::string_view text, std::string_view what, const JsonLimits& limits,
                        std::span<const JsonStream> streams) {
  Builder builder(what, limits, text.size(), streams);
  SEXTANT_TRY_VOID(read_json(text, what, limits, builder));
  return builder.take();
}

}  // namespace sextant
