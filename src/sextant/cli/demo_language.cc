#include "sextant/cli/demo_language.h"

#include <array>

#include "sextant/base/human.h"
#include "sextant/base/progress.h"
#include "sextant/base/utf8.h"
#include "sextant/cli/language_options.h"
#include "sextant/cli/models.h"
#include "sextant/io/mapped_file.h"
#include "sextant/lm/benchmark.h"
#include "sextant/lm/model_files.h"
#include "sextant/lm/perplexity.h"
#include "sextant/lm/session.h"
#include "sextant/text/chat_template.h"

namespace sextant::cli {
namespace {

constexpr std::array kQuestions = {
    "What is the capital of France?",
    "And of Italy?",
    "Write two sentences about the sextant, the navigation instrument.",
};

constexpr std::string_view kSentence =
    "A sextant measures the angle between 2 objects: na\u00efve sailors, caf\u00e9 owners and "
    "\u6771\u4eac astronomers used it in 1757 \U0001F31F.";

Result<DemoSection> chat_section(const lm::LanguageModel& model, Session& session) {
  SEXTANT_TRY(const auto form, text::chat_template_for(model.chat_template));
  lm::Session text(model, 2048, lm::Precision::kInt16);
  std::vector<text::ChatMessage> messages;
  std::string html;
  for (const std::string_view question : kQuestions) {
    messages.push_back({"user", std::string(question)});
    SEXTANT_TRY(const text::ChatPrompt prompt, form.render(messages, true));
    const auto ids =
        model.tokenizer.encode(prompt.text, {.parse_special = true, .plain = prompt.contents});
    SEXTANT_TRY(const auto result, text.generate(
                                       ids, {.max_tokens = 160, .stop = form.stop_strings()},
                                       [](std::string_view) {}, session.context()));
    if (result.reason == lm::StopReason::kCancelled) {
      return fail(ErrorCode::kCancelled, "[cli/demo] stopped in the chat");
    }
    messages.push_back({"assistant", result.text});
    html += format("<div class=\"turn user\">{}</div>\n<div class=\"turn model\">{}</div>\n",
                   html_escape(question), html_escape(result.text));
    html += format("<p class=\"remark\">{}</p>\n", html_escape(timing_text(result)));
  }
  html += format(
      "<p><code>sextant chat \"{}\"</code> &mdash; {}, greedy, a model of 135 million "
      "weights: quick, and often wrong.</p>\n",
      html_escape(kQuestions[0]), html_escape(model.name));
  return DemoSection{"chat", "A chat", html};
}

// Each token on its own colour; parts of one character are joined, as they cannot be shown alone.
std::string coloured_tokens(const text::Tokenizer& tokenizer, std::string_view sentence) {
  const auto ids = tokenizer.encode(sentence, {});
  std::string html = "<p class=\"tokens\">";
  Utf8Stream stream;
  std::string title;
  int colour = 0;
  for (const int32_t id : ids) {
    title += (title.empty() ? "" : " ") + std::to_string(id);
    const std::string piece = stream.push(tokenizer.token_bytes(id));
    if (!piece.empty()) {
      html += format("<span title=\"{}\" style=\"background:hsl({},70%,78%)\">{}</span>", title,
                     (colour++ * 67) % 360, html_escape(piece));
      title.clear();
    }
  }
  return html + format("</p>\n<p class=\"remark\">{} tokens, {}</p>\n", ids.size(),
                       html_escape(tokenizer.kind()));
}

Result<DemoSection> speed_section(const lm::LanguageModel& model, Session& session) {
  std::string html =
      "<p>Writing a token reads every weight once, so memory sets the limit: the full bar is the "
      "plain read speed of the same threads, measured in the same process.</p>\n";
  std::vector<std::vector<std::string>> rows;
  const int all = session.pool().threads();
  for (const int threads : {1, all}) {
    ThreadPool pool(threads);
    Context context = session.context();
    const Context own{.pool = pool, .cancel = context.cancel};
    SEXTANT_TRY(const auto r,
                lm::benchmark(model.decoder, {.prompt = 256, .generate = 48, .repeat = 3}, own));
    const std::string label = format("{} thread{}", threads, threads == 1 ? "" : "s");
    html += html_bar(
        "decode, " + label, r.bandwidth_share,
        format("{:.0f} % of {:.1f} GB/s", 100 * r.bandwidth_share, r.read_bytes_per_s / 1e9));
    rows.push_back({label, format("{:.0f}", r.prompt.median), format("{:.1f}", r.decode.median),
                    human_bytes(static_cast<uint64_t>(r.bytes_per_token))});
    if (threads == all) {
      break;  // a machine with one processor has one row
    }
  }
  html += html_table({"threads", "prompt tokens/s", "decode tokens/s", "read per token"}, rows);
  html += "<p><code>sextant bench</code></p>\n";
  return DemoSection{"speed", "Speed", html};
}

Result<std::string> bundled_text() {
  const ModelPlaces places = model_places();
  for (const ModelFolder& folder : places.folders) {
    const auto path = folder.path / "texts" / "persuasion.txt";
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
      return read_text(path.string());
    }
  }
  return fail(ErrorCode::kNotFound, "[cli/demo] texts/persuasion.txt: not in any model folder");
}

Result<DemoSection> perplexity_section(const lm::LanguageModel& model, Session& session) {
  SEXTANT_TRY(const std::string text, bundled_text());
  const auto tokens = model.tokenizer.encode(text, {});
  std::vector<std::vector<std::string>> rows;
  for (const auto method : {lm::PerplexityMethod::kSimple, lm::PerplexityMethod::kLlamaCpp}) {
    std::vector<std::string> row = {std::string(to_string(method))};
    double exact = 0;
    for (const auto precision :
         {lm::Precision::kF32, lm::Precision::kInt16, lm::Precision::kInt8}) {
      SEXTANT_TRY(
          const auto r,
          lm::perplexity(model.decoder, tokens,
                         {.method = method, .context = 512, .windows = 4, .precision = precision},
                         session.context()));
      exact = precision == lm::Precision::kF32 ? r.perplexity : exact;
      row.push_back(
          precision == lm::Precision::kF32
              ? format("{:.3f} \u00b1 {:.2f}", r.perplexity, r.standard_error)
              : format("{:.3f} ({:+.3f} %)", r.perplexity, 100 * (r.perplexity / exact - 1)));
    }
    rows.push_back(std::move(row));
  }
  std::string html =
      "<p>How surprised the model is by the first pages of <i>Persuasion</i> (Jane Austen, 1817), "
      "four windows of 512 tokens: exact activations beside the rounded ones, of which int16 is "
      "the default.</p>\n";
  html += html_table({"method", "f32 activations", "int16", "int8"}, rows);
  html += "<p><code>sextant eval perplexity --text models/texts/persuasion.txt</code></p>\n";
  return DemoSection{"perplexity", "Perplexity", html};
}

Result<DemoSection> story_section(Session& session) {
  SEXTANT_TRY(const auto path, resolve_model("stories260k"));
  SEXTANT_TRY(const auto model, lm::load_language_model(path, session.context()));
  lm::Session text(model, 0, lm::Precision::kF32);
  const auto ids = model.tokenizer.encode("Once upon a time", {.add_special = true});
  SEXTANT_TRY(const auto result,
              text.generate(ids, {.max_tokens = 180}, [](std::string_view) {}, session.context()));
  std::string html =
      format("<div class=\"turn model\">Once upon a time{}</div>\n", html_escape(result.text));
  html += format("<p class=\"remark\">{}</p>\n", html_escape(timing_text(result)));
  html +=
      "<p><code>sextant generate -m stories260k \"Once upon a time\" -n 180</code> &mdash; "
      "260,032 weights, one megabyte.</p>\n";
  return DemoSection{"story", "A story by a very small model", html};
}

}  // namespace

Result<std::vector<DemoSection>> demo_language(Session& session) {
  SEXTANT_TRY(const auto path, resolve_model(kDefaultModel));
  SEXTANT_TRY(const auto model, lm::load_language_model(path, session.context()));
  SEXTANT_TRY(const auto small, resolve_model("stories260k"));
  SEXTANT_TRY(const auto small_tokenizer, lm::load_tokenizer(small));
  std::vector<DemoSection> sections;
  SEXTANT_TRY(DemoSection chat, chat_section(model, session));
  sections.push_back(std::move(chat));
  sections.push_back(
      {"tokens", "Tokens",
       coloured_tokens(model.tokenizer, kSentence) + coloured_tokens(small_tokenizer, kSentence) +
           "<p><code>sextant tokenize \"...\"</code> &mdash; hover for the ids.</p>\n"});
  SEXTANT_TRY(DemoSection speed, speed_section(model, session));
  sections.push_back(std::move(speed));
  SEXTANT_TRY(DemoSection perplexity, perplexity_section(model, session));
  sections.push_back(std::move(perplexity));
  SEXTANT_TRY(DemoSection story, story_section(session));
  sections.push_back(std::move(story));
  return sections;
}

}  // namespace sextant::cli
