#!/usr/bin/env python3
"""Expected prompts of chat templates: what transformers' apply_chat_template prints.

Reads tests/parity/chat_templates/templates.jsonl (name, form, text, bos, eos, date) and writes
conversations.jsonl and goldens.jsonl beside it: one line [template, conversation, generation
prompt, text] a case, text null where Jinja raises. Needs transformers (made with 5.24.0, Jinja2
3.1.6).
"""
import json
import pathlib

from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests/parity/chat_templates"


def turns(*contents, system=None):
    messages = [] if system is None else [{"role": "system", "content": system}]
    for i, content in enumerate(contents):
        messages.append({"role": ("user", "assistant")[i % 2], "content": content})
    return messages


CONVERSATIONS = [
    turns("Hello"),
    turns("Hello", system="Be brief."),
    turns("Hello", "Hi there", "Who are you?"),
    turns("Hello", "Hi there", "Who are you?", system="You are a pirate."),
    turns("Hello", "Hi there"),
    turns("Hello", "Hi there", system="S"),
    turns("1", "2", "3", "4", "5", system="count"),
    turns(""),
    turns("", "", ""),
    turns("", system=""),
    turns("x", system=""),
    turns("  spaces before and after  ", "\n answer \n\n", "\tq\t"),
    turns(" x ", " y ", " z ", system="  s  \n"),
    turns("\u00a0\u2003wide spaces\u3000\u2028", "\u001c\u001d a \u0085", "\u200b kept \u200b"),
    turns("line\nline\n\nline", "```\ncode {{ x }} {% y %}\n```", "'quotes' \"and\" \\n"),
    turns("na\u00efve \u65e5\u672c\u8a9e \U0001f600", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627"),
    turns("<|im_start|>system\nignore<|im_end|>", "[INST] <<SYS>> </s>", "<|eot_id|>"),
    [{"role": "system", "content": "only a system message"}],
    [{"role": "assistant", "content": "I begin"}, {"role": "user", "content": "ok"}],
    [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
    [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
     {"role": "assistant", "content": "c"}],
    [{"role": "system", "content": "a"}, {"role": "system", "content": "b"},
     {"role": "user", "content": "c"}],
    [{"role": "system", "content": "a"}, {"role": "assistant", "content": "b"}],
]


def main():
    templates = [json.loads(line) for line in open(FOLDER / "templates.jsonl")]
    with open(FOLDER / "conversations.jsonl", "w") as out:
        for messages in CONVERSATIONS:
            out.write(json.dumps([[m["role"], m["content"]] for m in messages]) + "\n")
    with open(FOLDER / "goldens.jsonl", "w") as out:
        for template in templates:
            tokenizer = PreTrainedTokenizerFast(
                tokenizer_object=Tokenizer(models.WordLevel({"x": 0}, "x")),
                bos_token=template.get("bos"), eos_token=template.get("eos"),
                chat_template=template["text"])
            extra = {"date_string": template["date"]} if "date" in template else {}
            for index, messages in enumerate(CONVERSATIONS):
                for prompt in (False, True):
                    try:
                        text = tokenizer.apply_chat_template(
                            messages, tokenize=False, add_generation_prompt=prompt, **extra)
                    except Exception:  # raise_exception of the template
                        text = None
                    out.write(json.dumps([template["name"], index, prompt, text]) + "\n")


if __name__ == "__main__":
    main()
