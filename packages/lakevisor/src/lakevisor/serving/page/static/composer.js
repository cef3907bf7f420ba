// Where the person writes.

export class Composer {
  /** @param {function(string)} send what is done with a question. */
  constructor(send) {
    this.send = send;
    this.form = document.getElementById("composer");
    this.field = document.getElementById("question");
    this.isLocked = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener("keydown", (event) => {
      // Enter also chooses what a keyboard for Chinese or Japanese offers.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.submit();
      }
    });
    this.field.addEventListener("input", () => this.grow());
  }

  submit() {
    const text = this.field.value.trim();
    if (!text || this.isLocked) return;
    this.field.value = "";
    this.grow();
    this.send(text);
  }

  /** One request at a time: the next can be written meanwhile, and not sent. */
  lock(isLocked) {
    this.isLocked = isLocked;
    document.getElementById("send").disabled = isLocked;
  }

  focus() {
    // On a phone this would open the keyboard over what is to be read.
    if (window.matchMedia("(hover: hover)").matches) this.field.focus();
  }

  grow() {
    this.field.style.height = "auto";
    const border = this.field.offsetHeight - this.field.clientHeight;
    this.field.style.height = `${this.field.scrollHeight + border}px`;
  }
}
