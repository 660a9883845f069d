#define PCRE2_CODE_UNIT_WIDTH 8
#include "sextant/text/regex.h"

#include <pcre2.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "sextant/base/utf8.h"
#include "sextant/text/unicode.h"

namespace sextant::text {
namespace {

constexpr size_t kMaxPattern = 4096;
constexpr uint32_t kMaxSteps = 1'000'000;  // of one match: about 10 ms
constexpr uint32_t kMaxHeapKilobytes = 32 << 10;
constexpr size_t kMaxJitStack = 1 << 20;
// Processor time for all matches of a session; well-behaved patterns need about 50 ns a byte.
constexpr int64_t kBaseNanoseconds = 500'000'000;
constexpr int64_t kNanosecondsPerByte = 2'000;
constexpr uint32_t kMatchesPerLook = 32;  // at the clock, which costs a system call

// What \w means to the reference: letters, marks, numbers, joiners, and letter-like symbols.
constexpr std::string_view kWordClass =
    R"(\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}\x{24B6}-\x{24E9})"
    R"(\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189})";

// Of this thread, so that a busy machine does not change what is found.
int64_t processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

struct CodeDeleter {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
};
template <class T>
using Owned = std::unique_ptr<T, CodeDeleter>;

// Rewrites a pattern of the reference's dialect (Oniguruma's Ruby syntax) so that PCRE2 reads the
// same, or refuses it. Only what tokenizer files may hold is let through.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  Result<std::string> run() {
    while (position_ < pattern_.size()) {
      SEXTANT_TRY_VOID(step());
    }
    return out_;
  }

 private:
  Result<void> step() {
    const char c = pattern_[position_];
    if (c == '\\') {
      return escape();
    }
    if (in_class_) {
      // A bracket inside brackets is a union, && an intersection: PCRE2 has neither.
      if (c == '[' || starts_with("&&")) {
        return unsupported(c == '[' ? "[ inside [...]" : "&& inside [...]");
      }
      in_class_ = c != ']' || first_in_class_;
      first_in_class_ = first_in_class_ && c == '^';
    } else if (c == '[') {
      in_class_ = true;
      first_in_class_ = true;
    } else if (c == '}' && pattern_.substr(position_ + 1).starts_with('+')) {
      return unsupported("+ behind {n}");  // repeats there, is possessive in PCRE2
    } else if (starts_with("(?")) {
      SEXTANT_TRY_VOID(check_group());
    } else if (starts_with("(*")) {
      return unsupported("(*");  // a verb in PCRE2
    }
    out_.push_back(c);
    ++position_;
    return {};
  }

  Result<void> escape() {
    if (position_ + 1 >= pattern_.size()) {
      return unsupported("\\ at the end");
    }
    const char c = pattern_[position_ + 1];
    first_in_class_ = false;
    if (c == 'w') {
      out_ += in_class_ ? std::string(kWordClass) : "[" + std::string(kWordClass) + "]";
    } else if (c == 'W' && !in_class_) {
      out_ += "[^" + std::string(kWordClass) + "]";
    } else if (c == 'u') {
      out_ += "\\x{" + std::string(pattern_.substr(position_ + 2, 4)) + "}";
      position_ = std::min(position_ + 4, pattern_.size() - 2);
    } else if (std::string_view("WbBhHGKXRZCNQEgkyYoc").find(c) != std::string_view::npos) {
      return unsupported(std::string("\\") + c);
    } else {
      out_ += {'\\', c};
      if ((c == 'p' || c == 'P' || c == 'x') && pattern_.substr(position_ + 2).starts_with('{')) {
        const size_t close = std::min(pattern_.find('}', position_), pattern_.size() - 1);
        out_ += pattern_.substr(position_ + 2, close - position_ - 1);
        position_ = close - 1;
      }
    }
    position_ += 2;
    return {};
  }

  // (?: (?= (?! (?<= (?<! (?> (?i) (?i: (?-i:
  Result<void> check_group() {
    std::string_view rest = pattern_.substr(position_ + 2);
    for (const char* plain : {":", "=", "!", "<=", "<!", ">"}) {
      if (rest.starts_with(plain)) {
        return {};
      }
    }
    const size_t flags = rest.find_first_not_of("i-");
    if (flags != std::string_view::npos && flags > 0 &&
        (rest[flags] == ':' || rest[flags] == ')')) {
      return {};
    }
    return unsupported("(?" + std::string(rest.substr(0, 1)));
  }

  bool starts_with(std::string_view text) const {
    return pattern_.substr(position_).starts_with(text);
  }
  Failure unsupported(std::string_view what) const {
    return fail(ErrorCode::kUnsupported, "[text/regex] no support for {} in the pattern \"{}\"",
                what, pattern_.substr(0, 200));
  }

  std::string_view pattern_;
  size_t position_ = 0;
  bool in_class_ = false;
  bool first_in_class_ = false;
  std::string out_;
};

constexpr uint32_t kMongolianVowelSeparator = 0x180E;  // white space to PCRE2 alone

// Known code points of each category with 3 and with 4 bytes.
struct Representatives {
  std::array<std::array<uint32_t, 2>, 32> codes{};

  Representatives() {
    const ClassTable table = class_table();
    for (uint32_t code = kCodePointEnd; --code >= 0x800;) {
      if ((table[code] & char_class::kNewer) == 0 && code != kMongolianVowelSeparator) {
        codes[table[code] & char_class::kCategoryMask][code >= 0x10000 ? 1 : 0] = code;
      }
    }
  }

  uint32_t stand_in(uint32_t code) const {
    if (code >= 0x20000 && is_letter(code)) {
      return 0x20000;  // an ideograph: keeps the script
    }
    const uint32_t found = codes[class_of(code) & char_class::kCategoryMask][code >= 0x10000];
    return found != 0 ? found : code;
  }
};

// The text as PCRE2 shall see it, byte for byte as long: code points of which it has another
// opinion replaced by their like, bytes that are not UTF-8 by a control character (a symbol would
// be nearer to U+FFFD, but none has one byte and no meaning in patterns).
std::string shadow_of(std::string_view text) {
  static const Representatives representatives;
  const ClassTable table = class_table();
  std::string shadow(text);
  for (size_t position = 0; position < text.size();) {
    if (static_cast<uint8_t>(text[position]) < 0x80) {
      ++position;
      continue;
    }
    const CodePoint code = decode_utf8(text, position);
    if (!code.valid) {
      shadow.replace(position, code.length, code.length, '\x1A');
    } else if ((table[code.value] & char_class::kNewer) != 0 ||
               code.value == kMongolianVowelSeparator) {
      std::string like;
      append_utf8(like, representatives.stand_in(code.value));
      shadow.replace(position, code.length, like.substr(0, code.length));
    }
    position += code.length;
  }
  return shadow;
}

}  // namespace

struct Regex::Program {
  Owned<pcre2_code> code;
};

struct Regex::Session::State {
  Owned<pcre2_match_context> context;
  Owned<pcre2_jit_stack> stack;
  Owned<pcre2_match_data> data;
  int64_t deadline = 0;
  uint32_t matches = 0;

  bool out_of_time() { return matches++ % kMatchesPerLook == 0 && processor_time() > deadline; }
};

Regex::Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Regex::Session::Session(Session&&) noexcept = default;
Regex::Session::~Session() = default;

Regex::Session Regex::session(size_t bytes) const {
  auto state = std::make_unique<Session::State>();
  if (program_ != nullptr) {
    state->context.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(state->context.get(), kMaxSteps);
    pcre2_set_depth_limit(state->context.get(), kMaxSteps);
    pcre2_set_heap_limit(state->context.get(), kMaxHeapKilobytes);
    state->stack.reset(pcre2_jit_stack_create(32 << 10, kMaxJitStack, nullptr));
    pcre2_jit_stack_assign(state->context.get(), nullptr, state->stack.get());
    state->data.reset(pcre2_match_data_create_from_pattern(program_->code.get(), nullptr));
    state->deadline =
        processor_time() + kBaseNanoseconds + kNanosecondsPerByte * static_cast<int64_t>(bytes);
  }
  return Session(std::move(state));
}

Result<Regex> Regex::compile(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kMaxPattern || !is_valid_utf8(pattern)) {
    return fail(ErrorCode::kUnsupported,
                "[text/regex] pattern: expected 1 to {} bytes of UTF-8, found {} bytes",
                kMaxPattern, pattern.size());
  }
  SEXTANT_TRY(const std::string translated, Translator(pattern).run());
  const Owned<pcre2_compile_context> context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), 64);
  int error = 0;
  size_t place = 0;
  auto program = std::make_shared<Program>();
  program->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()),
                                    translated.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE,
                                    &error, &place, context.get()));
  if (program->code == nullptr) {
    std::array<PCRE2_UCHAR, 128> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    return fail(ErrorCode::kDataLoss, "[text/regex] pattern \"{}\": {} at byte {}",
                pattern.substr(0, 200), reinterpret_cast<const char*>(message.data()), place);
  }
  // Without just-in-time code (a locked-down system) the interpreter does the same, slower.
  pcre2_jit_compile(program->code.get(), PCRE2_JIT_COMPLETE);
  Regex regex;
  regex.program_ = std::move(program);
  return regex;
}

Result<Regex> Regex::literal(std::string_view text) {
  if (text.empty()) {
    return fail(ErrorCode::kDataLoss, "[text/regex] pattern: expected a text, found none");
  }
  Regex regex;
  regex.literal_ = text;
  return regex;
}

std::vector<Span> Regex::find_all(std::string_view text, Session& session) const {
  std::vector<Span> found;
  if (text.empty()) {
    return found;
  }
  if (program_ == nullptr) {
    for (size_t at = text.find(literal_); at != std::string_view::npos;
         at = text.find(literal_, at + literal_.size())) {
      found.push_back({at, at + literal_.size()});
    }
    return found;
  }
  const std::string shadow = shadow_of(text);
  Session::State& state = *session.state_;
  const size_t* place = pcre2_get_ovector_pointer(state.data.get());
  for (size_t from = 0; from <= shadow.size();) {
    const int count =
        pcre2_match(program_->code.get(), reinterpret_cast<PCRE2_SPTR>(shadow.data()),
                    shadow.size(), from, PCRE2_NO_UTF_CHECK, state.data.get(), state.context.get());
    if (count < 0 || state.out_of_time()) {
      break;
    }
    const Span match{place[0], place[1]};
    if (match.end > match.begin) {
      found.push_back(match);
      from = match.end;
      continue;
    }
    if (found.empty() || found.back().end != match.begin) {
      found.push_back(match);
    }
    from = match.end < shadow.size() ? match.end + decode_utf8(shadow, match.end).length
                                     : shadow.size() + 1;
  }
  return found;
}

}  // namespace sextant::text
