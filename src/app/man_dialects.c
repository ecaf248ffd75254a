/* SPDX-License-Identifier: Apache-2.0 */
/* Page 7 of the manual: the dialects, as each tells of itself. */
#include "app/man.h"
#include "app/roff.h"
#include "dialect/dialect.h"

static void
dialect_section(struct man *m, const struct dialect *d)
{
	const struct dialect_about *a = d->about;

	roff_section(m->out, d->name);
	roff_text(m->out, TR(m->language, a->title_en, a->title_zh));
	roff_entry(m->out, TR(m->language, "Route", "路径"), "", a->route);
	roff_entry(m->out, TR(m->language, "Known for", "主要变更"), "",
	    TR(m->language, a->change_en, a->change_zh));
	roff_entry(m->out, TR(m->language, "Credential", "凭据"), "",
	    TR(m->language, a->credential_en, a->credential_zh));
	roff_entry(m->out, TR(m->language, "Signature", "签名"), "",
	    TR(m->language, a->signature_en, a->signature_zh));
	roff_entry(m->out, TR(m->language, "Answers", "应答"), "",
	    TR(m->language, a->answer_en, a->answer_zh));
}

void
man_page_7(struct man *m)
{
	roff_section(m->out, TR(m->language, "NAME", "名称"));
	roff_text(m->out,
	    TR(m->language, "procured-dialects - the four APIs of procured(1)",
		"procured-dialects - procured(1) 的四种接口"));
	roff_section(m->out, TR(m->language, "DESCRIPTION", "说明"));
	roff_text(m->out,
	    TR(m->language,
		"An order exists once and has four names; each dialect is a view of it and a\n"
		"way to change it. A client of any of them needs another base URL, nothing else.\n"
		"procured sign shows what a signature is made of.",
		"订单只有一份,有四种编号;每种接口是它的一个视图和一种变更方式。\n"
		"客户端只需更换基础地址。procured sign 可显示签名的构成。"));
	for (const struct dialect *const *d = dialects; *d != NULL; d++)
		dialect_section(m, *d);
	roff_section(m->out, TR(m->language, "SEE ALSO", "参见"));
	roff_text(m->out, "procured(1), procured(5)");
}
