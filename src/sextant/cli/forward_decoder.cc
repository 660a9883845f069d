// sextant forward on llama, mistral, qwen2, gpt2 and opt: input_ids [B,T] to logits [B,T,V].
#include <optional>

#include "sextant/base/checked.h"
#include "sextant/base/json.h"
#include "sextant/cli/forward.h"
#include "sextant/cli/language_options.h"
#include "sextant/io/gguf.h"
#include "sextant/io/mapped_file.h"
#include "sextant/io/open_tensors.h"
#include "sextant/lm/language_model.h"
#include "sextant/lm/model_files.h"

namespace sextant::cli {
namespace {

struct TokenRows {
  int64_t batch = 0;
  int64_t tokens = 0;
  std::vector<int32_t> ids;
};

Result<TokenRows> read_input_ids(const io::TensorSource& input) {
  SEXTANT_TRY(const TensorView view, input.view("input_ids"));
  const bool integers = view.dtype == DType::kI64 || view.dtype == DType::kI32;
  if (!integers || view.shape.size() != 2 || view.elements() == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "[cli/forward] tensor \"input_ids\": expected I64 [B,T] with at least one token, "
                "found {} {}",
                to_string(view.dtype), to_string(view.shape));
  }
  TokenRows rows{view.shape[0], view.shape[1], {}};
  if (view.dtype == DType::kI32) {
    const auto ids = view.as<int32_t>();
    rows.ids.assign(ids.begin(), ids.end());
    return rows;
  }
  for (const int64_t id : view.as<int64_t>()) {
    if (!std::in_range<int32_t>(id)) {
      return fail(
          ErrorCode::kInvalidArgument,
          "[cli/forward] tensor \"input_ids\": expected ids of at most 31 bits, found {} at {}", id,
          rows.ids.size());
    }
    rows.ids.push_back(static_cast<int32_t>(id));
  }
  return rows;
}

class ForwardDecoder : public ForwardFamily {
 public:
  std::vector<std::string_view> names() const override {
    return {"llama", "mistral", "qwen2", "gpt2", "opt"};
  }
  std::string_view model() const override {
    return "a Hugging Face folder, or (llama, qwen2) one .gguf";
  }
  std::string_view inputs() const override { return "input_ids I64 [B,T]"; }
  std::string_view outputs() const override { return "logits F32 [B,T,V]"; }
  std::vector<ForwardSetting> settings() const override {
    return {{"precision", "f32|int16|int8", "activations (default f32)"}};
  }

  std::optional<std::string> recognise(const std::filesystem::path& model) const override {
    const auto config = lm::read_decoder_config(model);
    return config ? std::optional(config->family) : std::nullopt;
  }

  Result<std::vector<OutputTensor>> run(const ForwardRequest& request,
                                        const Context& context) const override {
    auto precision = lm::Precision::kF32;
    if (const auto set = request.settings.find("precision"); set != request.settings.end()) {
      const auto chosen = precision_named(set->second);
      if (!chosen) {
        return fail(ErrorCode::kInvalidArgument,
                    "[cli/forward] --set precision: expected f32, int16 or int8, found \"{}\"",
                    printable(set->second));
      }
      precision = *chosen;
    }
    SEXTANT_TRY(const TokenRows rows, read_input_ids(request.input));
    SEXTANT_TRY(const lm::Decoder decoder, lm::load_decoder(request.model, context));
    SEXTANT_TRY_VOID(decoder.check_length(rows.tokens));
    SEXTANT_TRY_VOID(decoder.check_tokens(rows.ids));
    const int64_t vocab = decoder.config().vocab_size;
    OutputTensor logits{"logits", {rows.batch, rows.tokens, vocab}, {}};
    SEXTANT_TRY(const int64_t count, element_count(logits.shape));
    logits.values.resize(static_cast<size_t>(count));
    lm::DecoderState state = decoder.make_state(rows.tokens, precision);
    const auto n = static_cast<size_t>(rows.tokens);
    for (size_t b = 0; b < static_cast<size_t>(rows.batch); ++b) {
      if (context.cancelled()) {
        return fail(ErrorCode::kCancelled, "[cli/forward] stopped at sequence {}", b);
      }
      state.truncate(0);
      const auto hidden =
          decoder.forward(std::span(rows.ids).subspan(b * n, n), state, context.pool);
      const size_t width = n * static_cast<size_t>(vocab);
      decoder.logits(hidden, std::span(logits.values).subspan(b * width, width), state,
                     context.pool);
    }
    std::vector<OutputTensor> out;
    out.push_back(std::move(logits));
    return out;
  }
};

}  // namespace

std::unique_ptr<ForwardFamily> make_forward_decoder() { return std::make_unique<ForwardDecoder>(); }

}  // namespace sextant::cli
