#include "sextant/io/pickle_vm.h"

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "sextant/base/utf8.h"
#include "sextant/io/pickle_builder.h"
#include "sextant/io/pickle_calls.h"
#include "sextant/io/pickle_globals.h"

namespace sextant::io {
namespace {

using enum PickleKind;

constexpr size_t kMaxPickle = size_t{64} << 20;
constexpr size_t kMaxMarks = 1000;  // containers under construction, one inside the other
constexpr size_t kMaxGlobal = 256;
constexpr char kStop = '.';

class Machine {
 public:
  Machine(std::string_view pickle, std::string_view where, const PickleRules& rules)
      : text_(pickle), where_(where), script_(rules.script), builder_(rules.memory) {}

  Result<PickleDocument> run();

 private:
  using Step = Result<void> (Machine::*)();
  static constexpr std::array<Step, 256> make_steps();

  template <class... Args>
  static Failure problem(std::string_view pattern, const Args&... args) {
    return fail(ErrorCode::kDataLoss, pattern, args...);
  }

  Error at_byte(Error error, size_t begin) const {
    error.message = format("[io/pickle] {} at byte {}: {}", where_, begin, error.message);
    return error;
  }

  // --- reading the pickle ---

  Result<std::string_view> take(uint64_t bytes) {
    if (bytes > text_.size() - at_) {
      return problem("expected {} more bytes, the pickle has {}", bytes, text_.size() - at_);
    }
    const std::string_view part = text_.substr(at_, bytes);
    at_ += bytes;
    return part;
  }

  template <class T>
  Result<T> number() {
    SEXTANT_TRY(const std::string_view bytes, take(sizeof(T)));
    T value{};
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  // A text that ends with a newline.
  Result<std::string_view> line() {
    const size_t end = text_.substr(at_, kMaxGlobal + 1).find('\n');
    if (end == std::string_view::npos) {
      return problem("expected a line of at most {} bytes", kMaxGlobal);
    }
    const std::string_view part = text_.substr(at_, end);
    at_ += end + 1;
    return part;
  }

  // --- the stack ---

  size_t available() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  Result<void> push(PickleValue value) { return builder_.append(stack_, value); }

  Result<void> push(PickleKind kind, int64_t number) {
    return push(PickleValue::of_integer(kind, number));
  }

  Result<void> push_text(PickleKind kind, std::string_view text) {
    return push(PickleValue::of_text(kind, text));
  }

  Result<PickleValue> pop() {
    if (available() == 0) {
      return problem("expected a value on the stack, it is empty");
    }
    const PickleValue value = stack_.back();
    stack_.pop_back();
    return value;
  }

  // The values above the last mark, which goes too.
  Result<std::vector<PickleValue>> pop_marked() {
    if (marks_.empty()) {
      return problem("expected a mark on the stack, found none");
    }
    SEXTANT_TRY_VOID(builder_.charge(available() * sizeof(PickleValue)));
    std::vector<PickleValue> items(stack_.end() - static_cast<ptrdiff_t>(available()),
                                   stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  Result<void> push_container(PickleKind kind, std::vector<PickleValue> items) {
    SEXTANT_TRY(const PickleValue value, builder_.container(kind, std::move(items)));
    return push(value);
  }

  Result<void> push_tuple(size_t count) {
    if (available() < count) {
      return problem("expected {} values on the stack, found {}", count, available());
    }
    std::vector<PickleValue> items(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return push_container(kTuple, std::move(items));
  }

  // Adds to the container on top of the stack, of that kind.
  Result<void> extend_top(PickleKind kind, std::span<const PickleValue> items) {
    if (available() == 0 || !stack_.back().is(kind)) {
      return problem("expected a {} on the stack to add to", kind == kDict ? "dictionary" : "list");
    }
    if (kind == kDict && items.size() % 2 != 0) {
      return problem("expected keys and values in pairs, found {} items", items.size());
    }
    for (const PickleValue& item : items) {
      SEXTANT_TRY_VOID(
          builder_.append(builder_.document.containers[stack_.back().size].items, item));
    }
    return {};
  }

  // --- opcodes ---

  Result<void> proto() {
    SEXTANT_TRY(const auto version, number<uint8_t>());
    if (version < 2 || version > 5) {
      return fail(ErrorCode::kUnsupported, "expected pickle protocol 2 to 5, found {}", version);
    }
    return {};
  }

  Result<void> frame() {
    SEXTANT_TRY(const auto bytes, number<uint64_t>());
    if (bytes > text_.size() - at_) {
      return problem("expected a frame of {} bytes, the pickle has {}", bytes, text_.size() - at_);
    }
    return {};
  }

  Result<void> none() { return push(PickleValue{}); }
  Result<void> yes() { return push(kBool, 1); }
  Result<void> no() { return push(kBool, 0); }

  template <class T>
  Result<void> integer() {
    SEXTANT_TRY(const T value, number<T>());
    return push(kInt, value);
  }

  // Two's complement of any length.
  template <class Length>
  Result<void> long_integer() {
    SEXTANT_TRY(const Length length, number<Length>());
    SEXTANT_TRY(const std::string_view bytes, take(length));
    if (bytes.size() > 8) {
      return push_text(kBytes, bytes);
    }
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    const int unused = 64 - 8 * static_cast<int>(bytes.size());
    return push(kInt, unused == 64 ? 0 : static_cast<int64_t>(value << unused) >> unused);
  }

  Result<void> real() {
    SEXTANT_TRY(const auto bits, number<uint64_t>());
    // The one big-endian field.
    return push(PickleValue::of_real(std::bit_cast<double>(__builtin_bswap64(bits))));
  }

  template <class Length>
  Result<void> unicode() {
    SEXTANT_TRY(const Length length, number<Length>());
    SEXTANT_TRY(const std::string_view text, take(length));
    if (!is_valid_utf8(text)) {
      return problem("expected text in UTF-8");
    }
    return push_text(kString, text);
  }

  template <class Length>
  Result<void> bytes() {
    SEXTANT_TRY(const Length length, number<Length>());
    SEXTANT_TRY(const std::string_view text, take(length));
    return push_text(kBytes, text);
  }

  // Python 2's str, which is text or bytes.
  template <class Length>
  Result<void> old_string() {
    SEXTANT_TRY(const Length length, number<Length>());
    SEXTANT_TRY(const std::string_view text, take(length));
    return push_text(is_valid_utf8(text) ? kString : kBytes, text);
  }

  template <PickleKind kKind>
  Result<void> empty() {
    return push_container(kKind, {});
  }

  template <size_t kCount>
  Result<void> short_tuple() {
    return push_tuple(kCount);
  }

  template <PickleKind kKind>
  Result<void> marked() {
    SEXTANT_TRY(auto items, pop_marked());
    return push_container(kKind, std::move(items));
  }

  Result<void> append() {
    SEXTANT_TRY(const PickleValue item, pop());
    return extend_top(kList, {&item, 1});
  }

  template <PickleKind kKind>
  Result<void> extend() {
    SEXTANT_TRY(const auto items, pop_marked());
    return extend_top(kKind, items);
  }

  Result<void> set_item() {
    SEXTANT_TRY(const PickleValue value, pop());
    SEXTANT_TRY(const PickleValue key, pop());
    const PickleValue pair[] = {key, value};
    return extend_top(kDict, pair);
  }

  Result<void> mark() {
    if (marks_.size() == kMaxMarks) {
      return fail(ErrorCode::kOutOfRange, "expected at most {} open marks, found more", kMaxMarks);
    }
    marks_.push_back(stack_.size());
    return {};
  }

  Result<void> drop() {
    SEXTANT_TRY_VOID(pop());
    return {};
  }

  Result<void> drop_marked() {
    SEXTANT_TRY_VOID(pop_marked());
    return {};
  }

  Result<void> duplicate() {
    SEXTANT_TRY(const PickleValue value, pop());
    SEXTANT_TRY_VOID(push(value));
    return push(value);
  }

  Result<void> remember(uint64_t index) {
    if (available() == 0) {
      return problem("expected a value to remember, the stack is empty");
    }
    if (index >= text_.size()) {  // each needs an opcode that puts it there
      return problem("expected a memo index below {}, found {}", text_.size(), index);
    }
    if (index >= memo_.size()) {
      if (index >= memo_.capacity()) {
        const size_t capacity = std::max<size_t>(index + 1, 2 * memo_.capacity());
        SEXTANT_TRY_VOID(builder_.charge(capacity * sizeof(Slot)));
        memo_.reserve(capacity);
      }
      memo_.resize(index + 1);
    }
    memo_[index] = {stack_.back(), true};
    return {};
  }

  template <class Index>
  Result<void> put() {
    SEXTANT_TRY(const Index index, number<Index>());
    return remember(index);
  }

  Result<void> memoize() { return remember(memo_.size()); }

  template <class Index>
  Result<void> get() {
    SEXTANT_TRY(const Index index, number<Index>());
    if (index >= memo_.size() || !memo_[index].used) {
      return problem("expected memo {} to hold a value, it does not", index);
    }
    return push(memo_[index].value);
  }

  Result<void> push_global(std::string_view module, std::string_view name) {
    const PickleGlobal* global = find_pickle_global(module, name, script_);
    if (global == nullptr) {
      return fail_with_hint(
          ErrorCode::kUnsupported,
          format("expected one of the allowed names, found \"{}.{}\": a class or function that is "
                 "not plain tensor data",
                 printable(module), printable(name)),
          "save only the tensors, e.g. torch.save(model.state_dict(), \"weights.pt\")");
    }
    return push(PickleValue::of_global(global));
  }

  Result<void> global() {
    SEXTANT_TRY(const std::string_view module, line());
    SEXTANT_TRY(const std::string_view name, line());
    return push_global(module, name);
  }

  Result<void> stack_global() {
    SEXTANT_TRY(const PickleValue name, pop());
    SEXTANT_TRY(const PickleValue module, pop());
    if (!name.is(kString) || !module.is(kString)) {
      return problem("expected module and name as text");
    }
    return push_global(module.as_text(), name.as_text());
  }

  // The global and the tuple of arguments on top of the stack.
  struct Call {
    const PickleGlobal& global;
    std::span<const PickleValue> arguments;
  };

  Result<Call> pop_call() {
    SEXTANT_TRY(const PickleValue arguments, pop());
    SEXTANT_TRY(const PickleValue function, pop());
    if (!function.is(kGlobal) || !arguments.is(kTuple)) {
      return problem("expected an allowed name and a tuple of arguments");
    }
    return Call{*function.global, builder_.document.items(arguments)};
  }

  Result<void> reduce() {
    SEXTANT_TRY(const Call call, pop_call());
    SEXTANT_TRY(const PickleValue value, call_pickle_global(builder_, call.global, call.arguments));
    return push(value);
  }

  Result<void> new_object() {
    SEXTANT_TRY(const Call call, pop_call());
    SEXTANT_TRY(const PickleValue value, new_pickle_object(builder_, call.global));
    return push(value);
  }

  Result<void> build() {
    SEXTANT_TRY(const PickleValue state, pop());
    if (available() == 0) {
      return problem("expected an object to build, the stack is empty");
    }
    return build_pickle_object(builder_, stack_.back(), state);
  }

  Result<void> persistent_id() {
    SEXTANT_TRY(const PickleValue id, pop());
    SEXTANT_TRY(const PickleValue storage, load_pickle_storage(builder_, id));
    return push(storage);
  }

  struct Slot {
    PickleValue value;
    bool used = false;
  };

  std::string_view text_;
  std::string_view where_;
  bool script_;
  size_t at_ = 0;
  PickleBuilder builder_;
  std::vector<PickleValue> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::vector<Slot> memo_;
};

// The opcodes that are allowed, all but STOP.
constexpr std::array<Machine::Step, 256> Machine::make_steps() {
  std::array<Step, 256> steps{};
  steps[0x80] = &Machine::proto;
  steps[0x95] = &Machine::frame;

  steps['N'] = &Machine::none;
  steps[0x88] = &Machine::yes;
  steps[0x89] = &Machine::no;
  steps['J'] = &Machine::integer<int32_t>;
  steps['K'] = &Machine::integer<uint8_t>;
  steps['M'] = &Machine::integer<uint16_t>;
  steps[0x8a] = &Machine::long_integer<uint8_t>;
  steps[0x8b] = &Machine::long_integer<uint32_t>;
  steps['G'] = &Machine::real;
  steps['X'] = &Machine::unicode<uint32_t>;
  steps[0x8c] = &Machine::unicode<uint8_t>;
  steps[0x8d] = &Machine::unicode<uint64_t>;
  steps['B'] = &Machine::bytes<uint32_t>;
  steps['C'] = &Machine::bytes<uint8_t>;
  steps[0x8e] = &Machine::bytes<uint64_t>;
  steps[0x96] = &Machine::bytes<uint64_t>;  // a bytearray
  steps['T'] = &Machine::old_string<uint32_t>;
  steps['U'] = &Machine::old_string<uint8_t>;

  steps[')'] = &Machine::empty<kTuple>;
  steps[']'] = &Machine::empty<kList>;
  steps['}'] = &Machine::empty<kDict>;
  steps[0x8f] = &Machine::empty<kList>;  // a set
  steps[0x85] = &Machine::short_tuple<1>;
  steps[0x86] = &Machine::short_tuple<2>;
  steps[0x87] = &Machine::short_tuple<3>;
  steps['t'] = &Machine::marked<kTuple>;
  steps['l'] = &Machine::marked<kList>;
  steps[0x91] = &Machine::marked<kList>;  // a frozen set
  steps['a'] = &Machine::append;
  steps['e'] = &Machine::extend<kList>;
  steps[0x90] = &Machine::extend<kList>;  // of a set
  steps['s'] = &Machine::set_item;
  steps['u'] = &Machine::extend<kDict>;

  steps['('] = &Machine::mark;
  steps['0'] = &Machine::drop;
  steps['1'] = &Machine::drop_marked;
  steps['2'] = &Machine::duplicate;
  steps['q'] = &Machine::put<uint8_t>;
  steps['r'] = &Machine::put<uint32_t>;
  steps[0x94] = &Machine::memoize;
  steps['h'] = &Machine::get<uint8_t>;
  steps['j'] = &Machine::get<uint32_t>;

  steps['c'] = &Machine::global;
  steps[0x93] = &Machine::stack_global;
  steps['R'] = &Machine::reduce;
  steps[0x81] = &Machine::new_object;
  steps['b'] = &Machine::build;
  steps['Q'] = &Machine::persistent_id;
  return steps;
}

Result<PickleDocument> Machine::run() {
  static constexpr auto kSteps = make_steps();
  if (text_.size() > kMaxPickle) {
    return fail(ErrorCode::kOutOfRange, "[io/pickle] {}: expected at most {} bytes, found {}",
                where_, kMaxPickle, text_.size());
  }
  while (at_ < text_.size()) {
    const size_t begin = at_;
    const char opcode = text_[at_++];
    if (opcode == kStop) {
      SEXTANT_TRY(builder_.document.root,
                  pop().map_error([&](Error error) { return at_byte(std::move(error), begin); }));
      if (!stack_.empty() || !marks_.empty()) {
        return Failure(
            at_byte(problem("expected one value at the end, found more").value(), begin));
      }
      builder_.document.consumed = at_;
      return std::move(builder_.document);
    }
    const Step step = kSteps[static_cast<unsigned char>(opcode)];
    if (step == nullptr) {
      return fail(ErrorCode::kUnsupported,
                  "[io/pickle] {} at byte {}: expected an allowed opcode, found {:#04x}", where_,
                  begin, static_cast<unsigned>(static_cast<unsigned char>(opcode)));
    }
    if (auto done = (this->*step)(); !done) {
      return Failure(at_byte(std::move(done).error(), begin));
    }
  }
  return fail(ErrorCode::kDataLoss, "[io/pickle] {}: expected a STOP, the pickle ends at byte {}",
              where_, text_.size());
}

}  // namespace

Result<PickleDocument> run_pickle(std::string_view pickle, std::string_view where,
                                  const PickleRules& rules) {
  return Machine(pickle, where, rules).run();
}

}  // namespace sextant::io
